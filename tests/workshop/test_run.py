"""Run: every solved notebook on a fresh server, once; code is shared, so one run proves both languages."""

from __future__ import annotations

import re

import pytest

from tests.workshop.conftest import Course
from tests.workshop.sources import STEPS

pytestmark = pytest.mark.timeout(3600)
"""The first test waits for the whole course."""


def test_the_data_set_is_the_one_of_the_paper(course: Course) -> None:
    figures = course.step(0)
    assert (figures["rows"], figures["columns"]) == (41_188, 21)
    assert 0.11 < figures["positive"] < 0.115


def test_the_processing_job_splits_it_as_the_course_says(course: Course) -> None:
    figures = course.step(2)
    assert figures["rows"] == {"train": 28_831, "validation": 8_238, "test": 4_119}
    assert figures["columns"] == 65


def test_the_model_is_as_good_as_the_course_says(course: Course) -> None:
    near = 0.005 if course.step(0)["origin"] != "generated" else 0.05
    expected = {"train": 0.788, "validation": 0.772, "test": 0.770}
    assert course.step(2)["auc"] == pytest.approx(expected, abs=near)


def test_the_idea_is_tracked_in_mlflow_and_registered_in_sagemaker(course: Course) -> None:
    figures = course.step(1)
    assert sorted(figures["depths"]) == ["2", "4", "6", "8"]
    # MLflow's models have groups of their own, whose names end with what keeps them apart (decision 0091).
    assert re.fullmatch(r"bank-idea-[0-9a-f]{6}/1", figures["registered"])


def test_the_notebook_runs_as_a_job_with_other_parameters_and_tracks_its_tries_too(course: Course) -> None:
    figures = course.step(1)
    assert figures["depths in jobs"] == "3 5 7 1 10"
    assert figures["runs"] == 6 + 5 + 4


def test_the_search_tries_ten_models_and_the_best_scores_a_whole_file(course: Course) -> None:
    figures = course.step("2b")
    assert figures["trials"] == 10
    assert figures["validation"]["best"] > figures["validation"]["worst"]
    assert figures["auc of the batch"] == pytest.approx(0.770, abs=0.05)


def test_a_function_of_the_notebook_learns_from_more_and_more_clients(course: Course) -> None:
    curve = list(course.step("2b")["curve"].values())
    assert len(curve) == 8
    assert curve[0] < curve[-1]
    assert 0.5 < min(curve) <= max(curve) < 0.85


def test_the_pipeline_tests_registers_and_takes_from_the_cache_what_has_not_changed(course: Course) -> None:
    figures = course.step(3)
    assert (figures["tests"], figures["failed"]) == (20, 0)
    assert figures["from the cache"] == ["Preprocess"]
    assert figures["versions"] == {"2": "Approved", "1": "PendingManualApproval"}


def test_the_figures_are_told_in_the_terminal(course: Course) -> None:
    figures = course.printed.partition("Figures\n")[2]
    assert "28,831 / 8,238 / 4,119 rows x 65" in figures
    assert re.search(r"AUC +train 0\.7\d\d, validation 0\.7\d\d, test 0\.7\d\d", figures)
    assert "pipeline" in figures
    assert str(course.out / "index.html") in figures


@pytest.mark.parametrize("lang", ["pt", "en"])
def test_the_executed_notebooks_have_their_outputs_in_both_languages(course: Course, lang: str) -> None:
    notebooks = course.notebooks(lang)
    assert sorted(notebooks) == [source.stem for source in STEPS]
    for notebook in notebooks.values():
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert all(cell["execution_count"] for cell in code)
        assert not [out for cell in code for out in cell["outputs"] if out["output_type"] == "error"]


def test_the_page_has_both_languages_and_every_plot(course: Course) -> None:
    page = (course.out / "index.html").read_text()
    plots = sum(
        "image/png" in out.get("data", {})
        for notebook in course.notebooks("en").values()
        for cell in notebook["cells"]
        for out in cell.get("outputs", [])
    )
    assert plots >= 4
    assert len(re.findall(r'<img[^>]*src="data:image/png', page)) == plots
    assert len(re.findall(r'<img[^>]*src="data:image/svg', page)) == 2 * len(STEPS)
    assert not re.search(r'src="(?:https?:|\.)', page), "the page needs something from elsewhere"
    assert "What really happened" in page
    assert "O que aconteceu de verdade" in page


def test_no_lesson_warns_or_shows_a_path_of_this_machine(course: Course) -> None:
    streams = [
        "".join(out["text"])
        for notebook in course.notebooks("en").values()
        for cell in notebook["cells"]
        for out in cell.get("outputs", [])
        if out["output_type"] == "stream" and out["name"] == "stderr"
    ]
    assert not streams
