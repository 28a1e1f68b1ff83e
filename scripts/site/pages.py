"""Pages that are made from the code, so that they cannot say anything else."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer.main
from typer.cli import get_docs_for_click

from mien.cli import app
from mien.design import design_files
from mien.inference.classifier import Classifier, shipped_models
from mien.inference.model_card import ModelCard
from mien.server.app import create_app
from mien.server.settings import Settings
from mien.training.recipe import shipped_recipes

_SERVER = "http://127.0.0.1:8000"
_PYTHON = """# Python

See [the guide](../python.md) first. All of it is in `mien`, or in the module shown.

::: mien.predict
::: mien.inference.analyzer.Analyzer
::: mien.results.FrameResult
::: mien.results.Face
::: mien.results.Probabilities
::: mien.results.Box
::: mien.errors
::: mien.inference.media.arrays.to_rgb
::: mien.inference.records.open_records
::: mien.inference.records.read_records
::: mien.data.load.load_dataset
::: mien.data.labels.find_labels
::: mien.evaluation.evaluate.evaluate
::: mien.training.finetuning.learn.fine_tune
"""
_MODEL_FILE = """# The model file

One ONNX file is the contract between training and use.

::: mien.inference.model_card
    options:
      members: [ModelCard, LearnedSource, NamedOutput, FaceFormat]
"""


def make_all() -> dict[str, str | bytes]:
    """Returns every page and asset by its place in the site."""
    return {
        "reference/cli.md": make_cli(),
        "reference/python.md": _PYTHON,
        "reference/rest.md": make_rest(),
        "reference/recipes.md": make_recipes(),
        "reference/model-file.md": _MODEL_FILE,
        "reference/model-cards.md": make_cards(),
        "assets/site.css": Path(__file__).with_name("site.css").read_text(encoding="utf-8"),
        "assets/inter.woff2": design_files()["inter-latin.woff2"].read_bytes(),
    }


def make_cli() -> str:
    """Returns the reference of the command, by typer itself."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="mien")
    text: str = get_docs_for_click(obj=command, ctx=context, name="mien")
    return text.replace("# `mien`", "# Command line", 1)


def make_recipes() -> str:
    """Returns the shipped recipes and what their keys mean."""
    lines = ["# Recipes", "", "A recipe is a TOML file; `mien train NAME` knows these by name.", ""]
    for name, path in shipped_recipes().items():
        text = path.read_text(encoding="utf-8").rstrip()
        lines += [f"## {name}", "", "```toml", text, "```", ""]
    return "\n".join([*lines, "## Keys", "", "::: mien.training.settings", ""])


def make_cards() -> str:
    """Returns the cards of the shipped models, as their files state them."""
    lines = [
        "# Model cards",
        "",
        "As the files state them. [Intended use and failures](../models.md).",
    ]
    for name, path in shipped_models().items():
        card = Classifier(path).card
        lines += ["", f"## {name}", "", "```yaml", *card_head(card), "```", ""]
        figures = {key: value for key, value in card.figures.items() if not isinstance(value, dict)}
        lines += ["| figure | value |", "| --- | --- |"]
        lines += [f"| {key} | {json.dumps(value)} |" for key, value in figures.items()]
        lines += ["", "| learned from | faces | terms |", "| --- | --- | --- |"]
        lines += [f"| {it.name} | {it.faces:,} | {it.terms} |" for it in card.sources]
    return "\n".join(lines) + "\n"


def card_head(card: ModelCard) -> list[str]:
    """Returns the YAML head that Hugging Face reads in a model's README."""
    figures = card.figures
    return [
        "license: apache-2.0",
        "library_name: mien",
        "pipeline_tag: image-classification",
        "tags: [facial-expression-recognition, emotion, onnx, fer2013]",
        "language: en",
        "model-index:",
        f"  - name: {card.name}",
        "    results:",
        "      - task: {type: image-classification}",
        f"        dataset: {{name: {', '.join(it.name for it in card.sources)}, type: images, "
        f"split: {figures['split']}}}",
        f"        metrics: [{{type: accuracy, value: {figures['accuracy']:.4f}}}]",
    ]


def make_rest() -> str:
    """Returns every endpoint with an example in curl, Python and JavaScript."""
    document = create_app(Settings()).openapi()
    lines = [
        "# REST endpoints",
        "",
        "Made from the server's OpenAPI document; [how to use them](../rest.md).",
        "",
    ]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            lines += _operation(method.upper(), path, operation)
    return "\n".join(lines)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"## {method} {path}", "", operation.get("description", ""), "")
    if parameters := operation.get("parameters"):
        yield from ("| parameter | in | type | |", "| --- | --- | --- | --- |")
        for it in parameters:
            about = it.get("description", "").replace("|", "\\|")
            kind = f"{_kind(it['schema'])}{', required' if it.get('required') else ''}"
            yield f"| `{it['name']}` | {it['in']} | {kind} | {about} |"
        yield ""
    body = operation.get("requestBody", {}).get("content", {})
    yield from _examples(method, path, next(iter(reversed(body)), ""), body)
    statuses = ", ".join(operation.get("responses", {}))
    yield from (f"Answers: {statuses}.", "")


def _kind(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(it) for it in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(json.dumps(it) for it in schema["enum"])
    return str(schema.get("type", "object"))


def _examples(method: str, path: str, kind: str, body: Mapping[str, Any]) -> Iterator[str]:
    url = _filled(path)
    is_json = kind == "application/json"
    given = json.dumps(_example(body[kind])) if is_json else ""
    data, python, script = "", "", ""
    if is_json:
        data = f" -H 'Content-Type: application/json' -d '{given}'"
        python = f", b'{given}', {{'Content-Type': 'application/json'}}"
        script = (
            f', headers: {{ "Content-Type": "application/json" }}, body: JSON.stringify({given})'
        )
    elif kind:
        data, python, script = " --data-binary @FILE", ', open("FILE", "rb").read()', ", body: file"
    yield from ("```sh", f"curl -X {method}{data} '{url}'", "```", "")
    yield from ("```python", "from urllib.request import Request, urlopen", "")
    yield from (f'print(urlopen(Request("{url}"{python}, method="{method}")).read())', "```", "")
    yield from (
        "```js",
        f'const answer = await fetch("{url}", {{ method: "{method}"{script} }});',
        "```",
        "",
    )


def _filled(path: str) -> str:
    """Returns an address with 1 for each number in it."""
    parts = ["1" if part.startswith("{") else part for part in path.split("/")]
    return _SERVER + "/".join(parts)


def _example(media: Mapping[str, Any]) -> Any:
    schema = media.get("schema", {})
    examples = schema.get("examples") or media.get("examples")
    return examples[0] if isinstance(examples, list) and examples else {}
