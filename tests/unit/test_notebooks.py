"""What a notebook job's FailureReason tells of the driver's long report."""

from __future__ import annotations

from oficina.engine import notebooks

RULER = "-" * 75
REPORT = f"""[SM-111] Error with executing notebook
++ echo /opt/ml/output/data/out.ipynb
++ sed 's|-*ipynb$|.ipynb|g;'
Use Kernel python3 to execute in.ipynb with output to /opt/ml/output/data/out.ipynb. Params: {{}}
\rExecuting:   0%|          | 0/4 [00:00<?, ?cell/s]\rExecuting:  75%|███| 3/4 [00:02<00:00,  1.07cell/s]
Exception during processing notebook:{" "}
{RULER}
Exception encountered at "In [3]":
{RULER}
ZeroDivisionError                         Traceback (most recent call last)
Cell In[3], line 1
----> 1 1 / int(number)

ZeroDivisionError: division by zero

Traceback (most recent call last):
  File "/env/sagemaker_headless_execution_driver/notebookrunner.py", line 60, in run_notebook
    papermill.execute_notebook(
papermill.exceptions.PapermillExecutionError:
{RULER}
Exception encountered at "In [3]":
Output notebook was generated
"""


def test_the_error_of_the_cell_is_told_without_the_noise_of_shell_and_progress_bar() -> None:
    assert notebooks.told(REPORT).splitlines() == [
        "[SM-111] Error with executing notebook",
        "Exception during processing notebook: ",
        'Exception encountered at "In [3]":',
        "ZeroDivisionError                         Traceback (most recent call last)",
        "Cell In[3], line 1",
        "----> 1 1 / int(number)",
        "",
        "ZeroDivisionError: division by zero",
    ]


def test_of_a_long_error_the_beginning_and_the_end_are_told() -> None:
    deep = REPORT.replace("----> 1 1 / int(number)\n", "    a line of some library\n" * 100)

    said = notebooks.told(deep)

    assert len(said) <= notebooks.MOST
    assert said.startswith("[SM-111] Error with executing notebook\n")
    assert said.endswith("\nZeroDivisionError: division by zero")


def test_a_script_that_fails_before_the_notebook_is_told_with_what_it_said() -> None:
    said = notebooks.told(
        "[SM-100] Error with running init script\n++ cd somewhere\nprepare.sh: no such thing\n"
    )

    assert said == "[SM-100] Error with running init script\nprepare.sh: no such thing"
