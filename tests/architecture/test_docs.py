"""What the documents point at exists: files, names in the code, make targets, environment variables."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from routing.contract import NOT_SENT, BindStatus
from routing.tests.builders import Ear, make_config, outgoing, stride
from tests.architecture.test_deploy import names_of, settings_calls

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DOCUMENTS: Final = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
FENCE: Final = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
REFERENCE: Final = re.compile(r"`([\w./-]+\.py)(?::([\w.]+))?`")
FOLDER: Final = re.compile(r"`((?:[\w.-]+/)+)`")
CITED: Final = re.compile(r"\bdocs/(adr/\d{4}|[\w/-]+\.md)(?:#([\w-]+))?")
MAKE: Final = re.compile(r"\bmake ([a-z][a-z-]*)\b(?! (?:sure|it|them|a|the)\b)")
# The test suite's own wiring: nobody who installs the product sets these.
OF_THE_TESTS: Final = {"TEST_DATABASE_HOST", "TEST_TEMPLATE", "TEST_VALKEY_PORT"}
every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def prose(document: Path) -> str:
    return FENCE.sub("", document.read_text())


def anchors(document: Path) -> set[str]:
    """The fragments that headings can be linked by."""
    headings = re.findall(r"^#+ +(.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def defined(module: Path) -> set[str]:
    """Names of a module, those of classes as Class.name too."""
    return set(_names(ast.parse(module.read_text()).body, ""))


def _names(body: list[ast.stmt], inside: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield inside + node.name
            if isinstance(node, ast.ClassDef):
                yield from _names(node.body, f"{inside}{node.name}.")
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield inside + node.target.id
        elif isinstance(node, ast.Assign):
            yield from (inside + target.id for target in node.targets if isinstance(target, ast.Name))


@every_document
def test_links_lead_to_files_and_headings_that_exist(document: Path) -> None:
    lost = []
    for target in LINK.findall(prose(document)):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, fragment = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (fragment and fragment not in anchors(file)):
            lost.append(target)
    assert lost == []


@every_document
def test_files_and_names_of_the_code_that_are_mentioned_exist(document: Path) -> None:
    lost = []
    for path, name in REFERENCE.findall(prose(document)):
        if "/" not in path:
            continue  # a file that every app has
        module = ROOT / path
        if not module.exists() or (name and name not in defined(module)):
            lost.append(f"{path}:{name}")
    assert lost == []


@every_document
def test_folders_that_are_mentioned_exist(document: Path) -> None:
    tops = {path.name for path in ROOT.iterdir() if path.is_dir()} - {"var"}
    named = [folder for folder in FOLDER.findall(prose(document)) if folder.split("/")[0] in tops]
    assert [folder for folder in named if not (ROOT / folder).is_dir()] == []


def test_documents_that_the_code_cites_exist_with_their_headings() -> None:
    lost = []
    files = [path for path in ROOT.rglob("*.py") if not {".venv", "var"} & set(path.relative_to(ROOT).parts)]
    for path in files:
        for name, fragment in CITED.findall(path.read_text()):
            found = sorted((ROOT / "docs").glob(f"{name}-*.md" if name.startswith("adr/") else name))
            if len(found) != 1 or (fragment and fragment not in anchors(found[0])):
                lost.append(f"{path.relative_to(ROOT)}: {name}#{fragment}")
    assert files
    assert lost == []


def test_the_way_of_a_message_names_the_code_of_every_step() -> None:
    text = prose(ROOT / "docs" / "architecture.md")
    steps = re.findall(r"^\| (\d+)\. .*$", text, re.MULTILINE)
    assert [int(number) for number in steps] == list(range(1, len(steps) + 1))
    assert len(re.findall(r"^\| \d+\. .*`[\w/]+\.py:[\w.]+`", text, re.MULTILINE)) == len(steps) > 10


@every_document
def test_commands_of_make_that_are_mentioned_can_be_made(document: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    benches = {f"bench-{path.stem.replace('_', '-')}" for path in (ROOT / "bench").glob("*.py")}
    code = re.findall(r"`([^`\n]+)`", prose(document)) + FENCE.findall(document.read_text())
    named = {target for piece in code for target in MAKE.findall(piece)}
    assert named - targets - benches == set()


def test_the_readme_lists_exactly_the_variables_that_settings_read() -> None:
    text = (ROOT / "README.md").read_text()
    table = text.partition("## Settings")[2].partition("\n## ")[0]
    listed = re.findall(r"`([A-Z][A-Z_]+)`", "\n".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE)))
    read = set().union(*map(names_of, settings_calls())) - OF_THE_TESTS
    assert sorted(listed) == sorted(read)


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "adr"
    listed = re.findall(r"\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text())
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))


@pytest.mark.parametrize("document", sorted((ROOT / "docs" / "adr").glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_a_decision_fits_on_a_page_and_says_why_what_and_what_follows(document: Path) -> None:
    text = document.read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert text.startswith(f"# {document.name[:4]} ")
    assert len(text.splitlines()) <= 60


def test_the_example_of_a_provider_does_what_its_page_says() -> None:
    page = (ROOT / "docs" / "adding-a-provider.md").read_text()
    source = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    module: dict[str, Any] = {"__name__": "carrier_plugin"}
    exec(compile(source[0], "carrier_plugin.py", "exec"), module)  # noqa: S102 (the example is there to be run)

    async def send() -> Ear:
        ear, provider = Ear(), module["CarrierProvider"]()
        link = await provider.open(make_config(settings={"account": "A"}), ear)
        link.submit(stride(outgoing("short"), outgoing("long", text="x" * 400)))
        await ear.until(lambda: ear.receipts)
        await link.close()
        link.submit(stride(outgoing("late")))
        await ear.until(lambda: len(ear.results) == 5)
        return ear

    ear = asyncio.run(send())
    assert [result.action for result in ear.results] == [None] * 4 + [NOT_SENT]
    assert [receipt.receipt.ids[0] for receipt in ear.receipts] == [result.operator_id for result in ear.results[:4]]
    assert [state.status for state in ear.states] == [BindStatus.BOUND, BindStatus.CLOSED]
