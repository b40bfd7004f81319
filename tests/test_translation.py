from __future__ import annotations

import ast
import string
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import app
from app.domain.finding import TEMPLATES, Finding, english
from app.domain.kpi import Kind
from app.domain.period import Frequency
from app.domain.trajectory import Shape
from app.exports.form.words import MESSAGES as FORM
from app.translation import (
    CHINESE_MESSAGES,
    DETAILS,
    FREQUENCIES,
    LABELS,
    RULES,
    TITLES,
    WORDS,
    Translator,
    negotiate,
)
from tests.web.texts import page_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog

TRANSLATOR = Translator()
MESSAGE_IDS = {
    *TEMPLATES.values(),
    *TITLES,
    *DETAILS,
    *LABELS,
    *RULES,
    *FORM,
    *(word for words in WORDS.values() for word in words),
    *page_texts(),
}
SOURCES = sorted(Path(app.__file__).parent.rglob("*.py"))


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CHINESE_MESSAGES.open("rb") as file:
        return read_po(file, locale="zh", abort_invalid=True)


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("msgid", sorted(MESSAGE_IDS))
def test_every_message_has_its_chinese_with_the_same_placeholders(msgid: str) -> None:
    chinese = TRANSLATOR.translate(msgid, "zh")
    assert placeholders(chinese) == placeholders(msgid)
    if msgid != "{problem}.":
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


@pytest.mark.parametrize("msgid", sorted(MESSAGE_IDS))
def test_chinese_sentences_have_chinese_punctuation(msgid: str) -> None:
    chinese = TRANSLATOR.translate(msgid, "zh")
    assert not set(chinese) & set(",:;()?!")
    assert chinese.endswith("。") == msgid.endswith(".")


def test_no_entry_is_stale_fuzzy_or_twice_there(catalogue: Catalog) -> None:
    assert {message.id for message in catalogue if message.id} == MESSAGE_IDS
    assert not catalogue.obsolete
    assert not [message.id for message in catalogue if message.id and message.fuzzy]
    lines = CHINESE_MESSAGES.read_text("utf-8").splitlines()
    assert sum(line.startswith("msgid ") for line in lines) == len(MESSAGE_IDS) + 1


def test_the_words_are_all_the_kinds_shapes_and_frequencies() -> None:
    assert set(WORDS["kind"]) == set(Kind)
    assert set(WORDS["shape"]) == set(Shape)
    assert set(FREQUENCIES) == set(Frequency)


def findings_in(source: Path) -> Iterator[ast.Call]:
    """Go through the calls `Finding(...)` of a source file."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id == "Finding" and node.args:
            yield node


def literal_values(call: ast.Call) -> Iterator[tuple[str, str]]:
    """Go through the placeholders that a call gives a value written out in the source."""
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        if isinstance(argument, ast.Dict):
            for key, value in zip(argument.keys, argument.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Constant):
                    yield str(key.value), str(value.value)


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_code_in_use_has_a_template_and_every_word_a_translation(source: Path) -> None:
    for call in findings_in(source):
        if isinstance(code := call.args[0], ast.Constant):
            assert code.value in TEMPLATES
        for placeholder, value in literal_values(call):
            assert placeholder not in WORDS or value in WORDS[placeholder]


def test_the_sources_hold_findings_to_look_at() -> None:
    assert sum(1 for source in SOURCES for _ in findings_in(source)) > 20


# --- messages ---------------------------------------------------------------------------------


def test_a_message_is_put_together_in_either_language() -> None:
    finding = Finding("unknown_kpi", 3, "kpi", {"name": "{x} %s"})
    assert TRANSLATOR.message(finding, "en") == "There is no KPI “{x} %s”."
    assert TRANSLATOR.message(finding, "zh") == "没有指标“{x} %s”。"


@pytest.mark.parametrize("frequency", ["M", "monthly"])
def test_the_code_of_a_frequency_becomes_its_word(frequency: str) -> None:
    values = {"kpi": "pendency", "frequency": frequency, "period": "2013"}
    finding = Finding("wrong_frequency", values=values)
    assert TRANSLATOR.message(finding, "en").startswith("pendency is reported monthly;")
    assert TRANSLATOR.message(finding, "zh").startswith("指标 pendency 按月填报")


def test_our_words_are_translated_and_a_deliverys_are_not() -> None:
    ours = Finding("not_divisible", values={"kind": Kind.FLOW})
    assert TRANSLATOR.message(ours, "zh").startswith("流量类指标")
    assert TRANSLATOR.message(ours, "en").startswith("A flow ")
    theirs = Finding("unknown_department", values={"name": "flow"})
    assert TRANSLATOR.message(theirs, "zh") == "没有部门“flow”。"


def test_a_problem_without_a_translation_stays_as_it_is() -> None:
    finding = Finding("invalid", values={"problem": "Input should be odd"})
    assert TRANSLATOR.message(finding, "zh") == "Input should be odd。"


@pytest.mark.parametrize("code", sorted(TEMPLATES))
def test_english_is_what_the_domain_says(code: str) -> None:
    finding = Finding(code, values=dict.fromkeys(placeholders(TEMPLATES[code]), "x"))
    assert TRANSLATOR.message(finding, "en") == english(finding)


def test_the_catalogue_is_read_when_it_is_first_needed(tmp_path: Path) -> None:
    translator = Translator(tmp_path / "none.po")
    assert translator.translate("Refused", "en") == "Refused"
    with pytest.raises(FileNotFoundError):
        translator.translate("Refused", "zh")


def test_a_fuzzy_or_empty_entry_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "x.po"
    file.write_text('#, fuzzy\nmsgid "a"\nmsgstr "甲"\n\nmsgid "b"\nmsgstr ""\n', "utf-8")
    translator = Translator(file)
    assert [translator.translate(msgid, "zh") for msgid in ("a", "b", "c")] == ["a", "b", "c"]


def test_importing_the_module_does_not_import_babel() -> None:
    check = "import sys, app.translation; sys.exit('babel' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


# --- the language that is asked for -----------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "language"),
    [
        *(("zh", "zh"), ("zh-CN", "zh"), ("zh-Hans", "zh"), ("zh-Hans-CN", "zh"), ("ZH-cn", "zh")),
        *(("zh-TW", "zh"), ("en", "en"), ("en-GB", "en"), ("EN", "en")),
        *(("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-US,en;q=0.9,zh;q=0.8", "en")),
        *(("en;q=0.5, zh;q=0.6", "zh"), ("zh;q=0.5 , en ; q=0.6", "en")),
        *(("fr, zh;q=0.1", "zh"), ("fr, en;q=0.1", "en"), ("en;q=0.1,zh;q=0.001", "en")),
        *(("en;q=0, *", "zh"), ("zh;q=0, *;q=0.1", "en"), ("en,zh", "en"), ("zh,en", "zh")),
        *(("en;q=2, zh;q=0.1", "zh"), ("en;level=1, zh", "zh"), ("zh;q=0.2,*", "en")),
        *(("english", "default"), ("zho", "default"), ("-en", "default"), ("en_GB", "default")),
        *((None, "default"), ("", "default"), (",;,", "default"), ("fr", "default")),
        *(("*", "default"), ("fr, *;q=0.5", "default"), ("zh;q=0, en;q=0", "default")),
    ],
)
def test_the_header_decides_and_else_the_default(header: str | None, language: str) -> None:
    for default in ("zh", "en"):
        assert negotiate(header, default) == (default if language == "default" else language)


@given(st.none() | st.text() | st.text("zhen-*;q=0.1, "), st.sampled_from(["zh", "en", "fr"]))
def test_any_header_gives_one_of_the_two(header: str | None, default: str) -> None:
    assert negotiate(header, default) in {"zh", "en"}
