"""Which programs a Python that waits in a warm pool may run, and how it becomes one.

A process that was forked differs from one that was started in what is imported already. Everything that could
have made the imports different is compared: variables that libraries read while they are imported, modules
of the program's own with the names of imported ones, packages that were installed since.
"""

from __future__ import annotations

import atexit
import builtins
import functools
import importlib.machinery
import os
import re
import runpy
import signal
import sys
import sysconfig
import threading
import time
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from oficina_ask import Asked

EARLY = re.compile(
    r"(?:PYTHON(?!PATH\b)|LD_|MALLOC_|GLIBC_|LC_|LANG|OMP_|GOMP_|KMP_|OPENBLAS_|GOTO_|BLIS_|MKL_|VECLIB_|NUMEXPR_"
    r"|NPY_|NUMPY_|SCIPY_|SKLEARN_|PANDAS_|ARROW_|XGB|DMLC_|JOBLIB_|LOKY_|BOTO|CUDA_|NVIDIA_|HIP_|SSL)"
)
"""How the variables begin that are read when Python starts or a library is imported."""
IN_SOURCE = re.compile(rf"['\"]{EARLY.pattern}\w*['\"]|\b_NUM_THREADS\b")
"""A program that names one means to set it before it imports."""
FILE, MODULE, TEXT = "file", "module", "text"
ALWAYS_UNBUFFERED = "-u"
DRIVERS = "/opt/ml/input/data/sm_drivers/"
"""Where SDK v3 puts the programs that start the user's (container_drivers)."""


class World:
    """What this Python is like, while it waits."""

    def __init__(self, before: dict[str, str], missing: set[str], drivers: list[list[str]]) -> None:
        self._missing = missing
        self._drivers = drivers
        own = [os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(":") if path]
        self._path = [path for path in sys.path[1:] if path not in own]
        self._known = {*own, *self._path}
        self._early = _early(before)
        # scikit-learn, for one, sets variables for the library of threads that it brings.
        self._set = {name: value for name, value in os.environ.items() if before.get(name) != value}
        self._packages = sysconfig.get_paths()["purelib"]
        self._there = set(os.listdir(self._packages))
        # What is built in is found before any folder is looked at.
        self._taken = {name.partition(".")[0] for name in sys.modules} - {
            "__main__",
            *sys.builtin_module_names,
        }
        self._binaries = os.path.dirname(sys.executable)

    def drives(self, argv: list[str]) -> bool:
        """Whether a program is there only to start another, the user's, which is to be warm too."""
        return argv[1:] in self._drivers or any(word.startswith(DRIVERS) for word in argv[1:2])

    def refusal(self, asked: Asked, limits: str | None = None) -> str:
        """Why the program must not run here, or an empty text."""
        kind, words = _command(asked.argv)
        if not kind:
            return "its options are not the usual ones"
        if not self._is_me(asked):
            return "it is another Python"
        if asked.argv[1:2] == [ALWAYS_UNBUFFERED] and not asked.environment.get("PYTHONUNBUFFERED"):
            return "its output is buffered otherwise"
        if _early(asked.environment) != self._early:
            return "it has other variables that libraries read"
        if limits is not None and asked.limits != limits:
            return "it has other limits"
        folders = [_first_folder(kind, words, asked.folder) or asked.folder, *_python_path(asked)]
        return self._changed() or self._shadowed(folders) or _early_source(kind, words, asked.folder)

    def _is_me(self, asked: Asked) -> bool:
        name: str = asked.argv[0]
        if not os.path.basename(name).startswith("python"):
            return False
        if "/" not in name:
            folders = asked.environment.get("PATH", os.defpath).split(":")
            name = next((f"{each}/{name}" for each in folders if os.access(f"{each}/{name}", os.X_OK)), name)
        return os.path.dirname(os.path.abspath(name)) == self._binaries

    def _changed(self) -> str:
        """Whether packages have gone or come that the imports, or Python's start, would have noticed."""
        there = set(os.listdir(self._packages))
        gone, come = self._there - there, there - self._there
        if any(name.endswith(".dist-info") for name in gone):
            return "a package that is imported was replaced"
        if come:
            importlib.invalidate_caches()
        for name in sorted(come):
            if name.endswith(".pth"):
                return f"{name} was installed, which Python reads when it starts"
            if name.partition(".")[0] in self._missing:
                return f"{name} was installed, which an imported package looks for"
        return ""

    def _shadowed(self, folders: list[str]) -> str:
        """Whether the program brings modules with the names of some that are imported."""
        for folder in folders:
            if folder in self._known:
                continue
            try:
                names = os.listdir(folder)
            except OSError:
                continue
            for name in names:
                stem = name.partition(".")[0]
                special = stem in ("sitecustomize", "usercustomize")
                if special or (stem in self._taken and _imports(folder, name)):
                    return f"it has a {name} of its own"
        return ""

    def program(self, asked: Asked) -> Callable[[], None]:
        """Makes this process the program's; what remains is to call the answer."""
        kind, words = _command(asked.argv)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.umask(asked.umask)
        os.chdir(asked.folder)
        self._environ(asked)
        first = _first_folder(kind, words, asked.folder)
        # Each once, as the module site leaves it.
        sys.path[:] = [first, *dict.fromkeys([*_python_path(asked), *self._path])]
        getattr(sys, "orig_argv", [])[:] = asked.argv
        _random()
        return functools.partial(_run, kind, words)

    def _environ(self, asked: Asked) -> None:
        os.environ.clear()
        os.environ.update(asked.environment)
        if not self.drives(asked.argv):
            os.environ.pop("OFICINA_WARM", None)
            for name, value in self._set.items():
                os.environ.setdefault(name, value)
        time.tzset()


def _early(environment: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if EARLY.match(name)}


def _command(argv: list[str]) -> tuple[str, list[str]]:
    """What is to be run, and sys.argv; the kind is empty for what only a fresh Python can do."""
    rest = argv[1:]
    while rest and rest[0] == ALWAYS_UNBUFFERED:
        rest = rest[1:]
    if len(rest) > 1 and rest[0] == "-m":
        return MODULE, rest[1:]
    if len(rest) > 1 and rest[0] == "-c":
        return TEXT, rest[1:]
    if rest[:1] == ["--"]:  # sagemaker-training has it
        rest = rest[1:]
    if rest and not rest[0].startswith("-") and rest[0].endswith(".py"):
        return FILE, rest
    return "", []


def _first_folder(kind: str, words: list[str], folder: str) -> str:
    """What Python puts before all else on sys.path."""
    if kind == FILE:
        return os.path.dirname(os.path.realpath(os.path.join(folder, words[0])))
    return folder if kind == MODULE else ""


def _python_path(asked: Asked) -> list[str]:
    told = asked.environment.get("PYTHONPATH", "")
    return [os.path.abspath(os.path.join(asked.folder, path)) for path in told.split(":") if path]


def _imports(folder: str, name: str) -> bool:
    """Whether a file or folder can be imported as a module."""
    return name.endswith((".py", ".so", ".pyc")) or os.path.exists(os.path.join(folder, name, "__init__.py"))


def _early_source(kind: str, words: list[str], folder: str) -> str:
    if kind != FILE:
        return "it sets variables that libraries read" if kind == TEXT and IN_SOURCE.search(words[0]) else ""
    beside = _first_folder(kind, words, folder)
    try:
        for name in os.listdir(beside):
            if name.endswith(".py"):
                with open(os.path.join(beside, name), encoding="utf-8", errors="replace") as file:
                    if IN_SOURCE.search(file.read()):
                        return f"{name} names variables that libraries read"
    except OSError:
        return "its file cannot be read"
    return ""


def _random() -> None:
    """Another seed for each program; Python's own random sees to itself at a fork."""
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()


def _run(kind: str, words: list[str]) -> None:
    """Runs the program as Python does, and leaves it to Python to end."""
    try:
        if kind == MODULE:
            sys.modules["__main__"] = types.ModuleType("__main__")
            sys.argv[:] = ["-m", *words[1:]]
            runpy._run_module_as_main(words[0])  # type: ignore[attr-defined]
        else:
            _execute(kind, words)
    except SystemExit:
        raise
    except BaseException as error:  # told as Python tells it: without what stands below the program
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        if isinstance(error, KeyboardInterrupt):
            _interrupted()
        raise SystemExit(1) from None


def _interrupted() -> None:
    """Ends as an interrupted program does: in order, and then by the signal itself."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


def _execute(kind: str, words: list[str]) -> None:
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    if sys.version_info < (3, 14):
        vars(main).update(__annotations__={})
    sys.argv[:] = ["-c" if kind == TEXT else words[0], *words[1:]]
    if kind == TEXT:
        source: bytes | str = words[0]
        name = "<string>"
    else:
        name = os.path.abspath(words[0])
        main.__file__ = name
        main.__dict__["__cached__"] = None
        main.__loader__ = importlib.machinery.SourceFileLoader("__main__", name)
        with open(words[0], "rb") as file:
            source = file.read()
    exec(compile(source, name, "exec", dont_inherit=True), main.__dict__)
