"""All plots of a summary, as a paper needs them: small multiples, a panel a label."""

from pathlib import Path

from mien.errors import StudyError
from mien.files import replacing
from mien.study.summary.condition_plots import draw_conditions, draw_contrasts
from mien.study.summary.course_plots import draw_courses, draw_people
from mien.study.summary.plot import Plot
from mien.study.summary.summarize import Summary


def draw_plots(summary: Summary) -> list[Plot]:
    """Draws each plot that a summary has the data for.

    Returns:
        `conditions`, and where there are any, `contrasts`, `course` and `people`.
    """
    plots = [draw_conditions(summary)]
    if summary.contrasts:
        plots.append(draw_contrasts(summary))
    if summary.around:
        plots.append(draw_courses(summary))
    if summary.courses:
        plots.append(draw_people(summary))
    return plots


def write_plots(summary: Summary, folder: Path) -> list[Path]:
    """Writes each plot to a file of its own, `NAME.svg`; the folder is made if it is not there.

    Returns:
        The written files.

    Raises:
        StudyError: a file cannot be written.
    """
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for plot in draw_plots(summary):
            paths.append(folder / f"{plot.name}.svg")
            with replacing(paths[-1]) as beside:
                beside.write_text(plot.svg, "utf-8")
    except OSError as error:
        raise StudyError(
            f"cannot be written ({error.strerror or error})",
            subject=folder,
            remedy="choose another folder for the figures",
        ) from None
    return paths
