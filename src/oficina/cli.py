"""The command ``oficina``. Each verb's work is in ``commands/``, imported only when it is typed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from oficina import __version__
from oficina.errors import OficinaError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb and gives its exit code."""
    arguments = parser().parse_args(argv)
    verb = import_module(f"oficina.commands.{arguments.verb}")
    try:
        code: int = verb.main(arguments)
    except OficinaError as failure:
        print(f"oficina: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        said = import_module("oficina.commands.room").sentence(error)
        if said is None:
            raise
        print(f"oficina: {said}", file=sys.stderr)
        return 1
    return code


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="oficina", description="Amazon SageMaker's APIs on your own machine, with jobs that really run."
    )
    top.add_argument("--version", action="version", version=f"oficina {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    home = argparse.ArgumentParser(add_help=False)
    home.add_argument("--home", metavar="FOLDER", help="the folder of all state (OFICINA_HOME, ~/.oficina)")
    _up(verbs.add_parser("up", parents=[home], help="start the server and stay with it"))
    _env(verbs.add_parser("env", parents=[home], help="the environment that brings SDKs here"))
    _run(verbs.add_parser("run", help="a command with a server of its own, which ends with it"))
    verbs.add_parser("doctor", parents=[home], help="what this machine has and lacks, with remedies")
    _jobs(verbs.add_parser("jobs", parents=[home], help="the jobs, newest first"))
    _logs(verbs.add_parser("logs", parents=[home], help="what a job or an endpoint wrote"))
    _pipelines(verbs.add_parser("pipelines", help="an execution as a graph; why a step missed the cache"))
    _image(verbs.add_parser("image", help="the images that jobs run in"))
    _account(verbs.add_parser("account", help="further AWS accounts"))
    _reset(verbs.add_parser("reset", parents=[home], help="empty the server: jobs, buckets, everything"))
    return top


def _up(up: argparse.ArgumentParser) -> None:
    up.add_argument(
        "--port", type=int, metavar="N", help="the one port of every API (4600); 0 takes a free one"
    )
    up.add_argument("--host", metavar="ADDRESS", help="the address to listen on (127.0.0.1)")
    up.add_argument("--account", metavar="DIGITS", help="the account of the default key (123456789012)")
    up.add_argument("--region", metavar="NAME", help="the region of requests that name none (us-east-1)")
    up.add_argument(
        "--open",
        action="store_true",
        default=None,
        help="accept any key; one of twelve digits is its account",
    )
    up.add_argument("--quiet", action="store_true", help="print the address and nothing else")


def _env(env: argparse.ArgumentParser) -> None:
    env.add_argument("--shell", choices=("sh", "fish", "powershell", "json"), default="sh")


def _run(run: argparse.ArgumentParser) -> None:
    run.usage = "oficina run [--open] [--home FOLDER] [--region NAME] -- COMMAND [ARGUMENT ...]"
    run.add_argument("--home", metavar="FOLDER", help="keep state here instead of in a temporary folder")
    run.add_argument("--region", metavar="NAME", help="the region of requests that name none (us-east-1)")
    run.add_argument(
        "--open", action="store_true", help="accept any key; one of twelve digits is its account"
    )
    run.add_argument("command", nargs=argparse.REMAINDER, help="what to run")


def _jobs(jobs: argparse.ArgumentParser) -> None:
    jobs.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many of a kind (20)")


def _logs(logs: argparse.ArgumentParser) -> None:
    logs.add_argument("job", metavar="JOB", help="the name of a job or of an endpoint")
    logs.add_argument("-f", "--follow", action="store_true", help="go on until the job ends")


def _pipelines(pipelines: argparse.ArgumentParser) -> None:
    actions = pipelines.add_subparsers(dest="action", metavar="ACTION", required=True)
    home = argparse.ArgumentParser(add_help=False)
    home.add_argument("--home", metavar="FOLDER", help="the folder of all state (OFICINA_HOME, ~/.oficina)")
    home.add_argument("execution", metavar="EXECUTION", help="its ARN or id, or the name of its pipeline")
    show = actions.add_parser("show", parents=[home], help="draw the graph with the states of the steps")
    show.add_argument("-f", "--follow", action="store_true", help="go on until the execution ends")
    why = actions.add_parser("why", parents=[home], help="why a step was, or was not, taken from the cache")
    why.add_argument("step", metavar="STEP", help="the name of the step")


def _image(image: argparse.ArgumentParser) -> None:
    actions = image.add_subparsers(dest="action", metavar="ACTION", required=True)
    home = argparse.ArgumentParser(add_help=False)
    home.add_argument("--home", metavar="FOLDER", help="the folder of all state (OFICINA_HOME, ~/.oficina)")
    actions.add_parser("list", parents=[home], help="the images, and whether each is built")
    build = actions.add_parser("build", parents=[home], help="make environments now instead of on first use")
    build.add_argument("name", nargs="*", metavar="NAME[:TAG]", help="all when none is named")
    add = actions.add_parser("add", parents=[home], help="give an image URI a meaning")
    add.add_argument("name", metavar="NAME[:TAG]", help="the repository, as in the image URI")
    add.add_argument("--requirements", required=True, metavar="FILE", help="its packages, one a line")
    add.add_argument("--entrypoint", default="", metavar="COMMAND", help="as ENTRYPOINT of a container")
    remove = actions.add_parser("remove", parents=[home], help="take an own image's meaning away")
    remove.add_argument("name", metavar="NAME[:TAG]")


def _account(account: argparse.ArgumentParser) -> None:
    actions = account.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make an access key of an account and print it")
    add.add_argument("--home", metavar="FOLDER", help="the folder of all state (OFICINA_HOME, ~/.oficina)")
    add.add_argument("account", nargs="?", metavar="DIGITS", help="twelve digits; random when not said")


def _reset(reset: argparse.ArgumentParser) -> None:
    reset.add_argument("--yes", action="store_true", help="do not ask")


if __name__ == "__main__":
    sys.exit(main())
