from __future__ import annotations

from pathlib import Path

import pytest

from config import env


def test_a_socket_directory_keeps_its_capitals() -> None:
    read = env.database("postgresql://dakiya_web@%2Fsrv%2FAbC:5432/dakiya")
    assert (read["HOST"], read["PORT"], read["USER"], read["NAME"]) == ("/srv/AbC", "5432", "dakiya_web", "dakiya")


def test_a_host_is_read_without_its_port_and_brackets() -> None:
    assert env.database("postgresql://a:b%40c@db.example:6432/x")["HOST"] == "db.example"
    assert env.database("postgresql://a@[::1]:6432/x")["HOST"] == "::1"
    assert env.database("postgresql://a@db.example/x")["PORT"] == ""


def test_a_file_of_defaults_yields_to_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAKIYA_PROBE_A", "given")
    monkeypatch.setenv("DAKIYA_PROBE_B", "to be removed")
    monkeypatch.delenv("DAKIYA_PROBE_B")
    file = tmp_path / "secrets.env"
    file.write_text("DAKIYA_PROBE_A=file\nDAKIYA_PROBE_B=a=b\n\n")
    env.load(file)
    assert env.text("DAKIYA_PROBE_A") == "given"
    assert env.text("DAKIYA_PROBE_B") == "a=b"


def test_a_missing_file_of_defaults_is_no_problem(tmp_path: Path) -> None:
    env.load(tmp_path / "none.env")


def test_a_secret_may_be_given_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("DAKIYA_PROBE_FILE", str(tmp_path / "key"))
    assert env.text("DAKIYA_PROBE") == "from a file"


@pytest.mark.parametrize(
    ("value", "sentence"), [("yes please", "DAKIYA_PROBE is 'yes please': write 1 or 0"), ("2", "write 1 or 0")]
)
def test_an_unreadable_switch_stops_with_its_name(value: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAKIYA_PROBE", value)
    with pytest.raises(env.EnvironmentProblem, match=sentence):
        env.boolean("DAKIYA_PROBE", default=False)


def test_a_missing_value_without_default_says_where_to_write_it() -> None:
    with pytest.raises(env.EnvironmentProblem, match="DAKIYA_PROBE is not set: write it into the environment"):
        env.text("DAKIYA_PROBE")


def test_a_required_list_is_not_satisfied_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAKIYA_PROBE", " , ")
    assert env.words("DAKIYA_PROBE") == []
    with pytest.raises(env.EnvironmentProblem, match="DAKIYA_PROBE is empty: write at least one value"):
        env.words("DAKIYA_PROBE", None)


def test_a_required_list_that_is_not_set_says_where_to_write_it() -> None:
    with pytest.raises(env.EnvironmentProblem, match="DAKIYA_PROBE is not set"):
        env.words("DAKIYA_PROBE", None)
