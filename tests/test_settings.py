"""Settings: precedence, origins, sentences for what is wrong, the file, and that no configuration reaches live."""

from __future__ import annotations

import difflib
import random
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.config import Tree, allowed, fields_of
from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Interval, Mode
from hlmaster.core.toml import toml_text
from hlmaster.settings import VERSION, Origins, Settings, Source, chosen_mode, migrate, unit


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_any_source_all_is_default() -> None:
    settings, origins = Settings.load()
    assert settings == Settings()
    assert origins["demo.seed"].source is Source.DEFAULT
    assert settings.market.watchlist == ("BTC", "ETH", "SOL", "HYPE", "DOGE", "ARB", "LINK", "AVAX")
    assert settings.demo.start_balance == Decimal(10_000)
    assert settings.risk.max_order_value_usd == Decimal(25_000)


def test_each_layer_wins_over_the_one_below(tmp_path: Path) -> None:
    file = written(tmp_path, "[demo]\nseed = 1\nreplay = 'a'\nspeed = 1.5\nstart_balance = 500.25\n")
    settings, origins = Settings.load(
        file,
        {"HLM_DEMO__REPLAY": "b", "HLM_DEMO__SPEED": "2", "HLM_DEMO__START_BALANCE": "2", "PATH": "/bin"},
        ["demo.speed=3", "demo.start_balance=3"],
        {"demo.start_balance": "4.5"},
    )
    demo = settings.demo
    assert (demo.seed, demo.replay, demo.speed, demo.start_balance) == (1, "b", 3.0, Decimal("4.5"))
    sources = [origins[f"demo.{key}"].source for key in ("seed", "replay", "speed", "start_balance")]
    assert sources == [Source.FILE, Source.ENVIRONMENT, Source.COMMAND_LINE, Source.SESSION]
    assert str(file) in str(origins["demo.seed"])


def test_money_is_read_exactly(tmp_path: Path) -> None:
    settings, _ = Settings.load(written(tmp_path, "[paper]\nstart_balance = 10000.1\n"))
    assert settings.paper.start_balance == Decimal("10000.1")


def test_texts_become_lists_and_nothing() -> None:
    settings, _ = Settings.load(cli=["market.watchlist=BTC, kPEPE", "storage.database_url=none"])
    assert settings.market.watchlist == ("BTC", "kPEPE")
    assert settings.storage.database_url is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[risk]\nprice_band_percent = 500\n", ("risk.price_band_percent = 500", "config.toml", "at most 50 %")),
        ("[risk]\nprice_band = 5\n", ("no setting called risk.price_band", "risk.price_band_percent")),
        ("[nonsense]\n", ("no setting called nonsense",)),
        ("risk = 3\n", ("no setting called risk",)),
        ('[market]\nwatchlist = ["BTC", "BTC"]\n', ("market.watchlist", "BTC is listed twice")),
        ('[market]\nchart_interval = "7m"\n', ("'7m'", "1m, 3m")),
        ("[demo]\nseed = true\n", ("demo.seed", "True and false")),
        ("[demo]\nspeed = nan\n", ("demo.speed",)),
        ("[demo]\nseed = 1\nseed = 2\n", ("cannot be understood", "line 3")),
        ("[demo\nseed = 1\n", ("cannot be understood", "line 1, column 6")),
        ("version = 3\n", ("version 3", "versions 1 to 2")),
        ("version = 'x'\n", ("version x",)),
        ("[general]\nmode = 'live'\n", ("mode cannot be set", "--mode")),
        ("[storage]\ndatabase_url = 'postgresql://a:b@c/d'\n", ("storage.database_url", "secret")),
        ("[storage]\ndatabase_url = 'mysql://c/d'\n", ("storage.database_url", "postgresql")),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.load(written(tmp_path, text))
    for part in parts:
        assert part in str(caught.value)


def test_a_file_that_is_no_text_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"[demo]\nseed = \xff\xfe\n")
    with pytest.raises(ConfigError, match="byte 14 is not UTF-8"):
        Settings.load(file)


def test_a_file_that_is_a_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Settings.load(tmp_path)


@pytest.mark.parametrize("variable", ["HLM_DEMO__SED", "HLM_NOTHING", "HLM_MODE", "hlm_demo__sed"])
def test_an_unknown_variable_is_an_error(variable: str) -> None:
    with pytest.raises(ConfigError, match=variable):
        Settings.load(env={variable: "1"})


@pytest.mark.parametrize("text", ["demo.seed", "seed=1", "demo=1", "=1", "demo.seed=", "demo.seed=1.5"])
def test_a_wrong_set_is_an_error(text: str) -> None:
    with pytest.raises(ConfigError):
        Settings.load(cli=[text])


def test_a_secret_in_the_environment_is_refused_unseen() -> None:
    key = "0x" + "5a" * 32
    for variable in ("HLM_GENERAL__THEME", "HLM_LIVE__PRIVATE_KEY"):
        with pytest.raises(ConfigError, match="keyring") as caught:
            Settings.load(env={variable: key})
        assert key not in str(caught.value)


def test_saving_writes_only_what_differs_and_reads_back(tmp_path: Path) -> None:
    settings, _ = Settings.load(cli=["demo.seed=9", "market.chart_interval=5m", "risk.price_band_percent=2.5"])
    file = tmp_path / "new" / "config.toml"
    settings.save(file)
    tree = tomllib.loads(file.read_text())
    assert tree == {
        "version": VERSION,
        "market": {"chart_interval": "5m"},
        "risk": {"price_band_percent": 2.5},
        "demo": {"seed": 9},
    }
    assert Settings.load(file)[0] == settings
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_saving_leaves_values_of_other_sources_where_they_are(tmp_path: Path) -> None:
    file = written(tmp_path, "[demo]\nseed = 1\n")
    settings, origins = Settings.load(file, {"HLM_DEMO__SEED": "3", "HLM_DEMO__REPLAY": "b"}, (), {"demo.speed": 2})
    changed, origins = settings.changed({"general.theme": "light"}, origins)
    changed.save(file, origins)
    assert tomllib.loads(file.read_text()) == {"version": VERSION, "general": {"theme": "light"}, "demo": {"seed": 1}}


def test_a_change_is_validated_and_belongs_to_the_file() -> None:
    settings, origins = Settings.load(env={"HLM_DEMO__SEED": "2"})
    changed, later = settings.changed({"demo.seed": 5}, origins)
    assert changed.demo.seed == 5
    assert later["demo.seed"].source is Source.FILE
    assert origins["demo.seed"].source is Source.ENVIRONMENT
    with pytest.raises(ConfigError, match=r"demo\.seed = -1"):
        settings.changed({"demo.seed": -1}, origins)
    with pytest.raises(ConfigError, match="no setting"):
        settings.changed({"demo.sed": 1}, origins)


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        Settings().save(tmp_path / "file" / "config.toml")


def test_an_export_holds_everything_and_loads(tmp_path: Path) -> None:
    settings, _ = Settings.load(cli=["demo.seed=9"])
    text = settings.export()
    assert Settings.load(written(tmp_path, text))[0] == settings
    assert "at most 50 %" in text


def test_older_files_are_migrated_step_by_step() -> None:
    def rename(tree: Tree) -> Tree:
        return {"demo": {"seed": tree["demo"]["random_seed"]}}

    def double(tree: Tree) -> Tree:
        return {"demo": {"seed": tree["demo"]["seed"] * 2}}

    steps = (rename, double)
    assert migrate({"version": 1, "demo": {"random_seed": 4}}, "f", steps) == {"demo": {"seed": 8}}
    assert migrate({"version": 2, "demo": {"seed": 4}}, "f", steps) == {"demo": {"seed": 8}}
    assert migrate({"version": 3, "demo": {"seed": 4}}, "f", steps) == {"demo": {"seed": 4}}
    with pytest.raises(ConfigError, match="version 4"):
        migrate({"version": 4}, "f", steps)


def test_every_setting_has_a_title_a_help_text_and_a_range_in_words() -> None:
    for key, info in fields_of(Settings):
        assert info.title, key
        assert info.description, key
        assert allowed(info), key
    assert unit("risk.price_band_percent") == "%"


def test_the_mode_is_demo_unless_the_command_line_says_otherwise() -> None:
    assert chosen_mode() is Mode.DEMO
    assert chosen_mode("live") is Mode.LIVE
    for wrong in ("LIVE", "", "Live", "demo ", "mainnet"):
        with pytest.raises(ConfigError, match="no mode"):
            chosen_mode(wrong)


def test_no_setting_holds_a_mode() -> None:
    for key, info in fields_of(Settings):
        assert "mode" not in key.replace("model", "")
        assert "Mode" not in repr(info.annotation)


def test_ten_thousand_mutated_configurations_never_reach_anything_but_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever file, environment and session say, loading fails or leaves the mode at demo."""
    monkeypatch.setattr(difflib, "get_close_matches", lambda *_: [])  # it takes most of the time, and only words a cure
    dice = random.Random(20)
    keys = [key for key, _ in fields_of(Settings)]
    names = ["mode", "Mode", "live", "LIVE", "network", "testnet", "url", "default_mode", "i_understand_the_risks"]
    values: list[Any] = ["live", "LIVE", "mainnet", "testnet", True, 1, 0, -1, "demo", "paper", 2.5, ["live"], ""]
    file = tmp_path / "config.toml"
    refused = 0
    for _ in range(10_000):
        key = dice.choice(keys)
        section, _, name = key.partition(".")
        if dice.random() < 0.6:
            name = dice.choice([*names, name.upper(), name[:-1], f"{name} "])
        section = dice.choice([section, section, dice.choice(names), section.title()])
        value = dice.choice(values)
        where = dice.randrange(4)
        session: dict[str, object] = {}
        env: dict[str, str] = {}
        cli: list[str] = []
        if where == 0:
            head = {dice.choice(names): value} if dice.random() < 0.3 else {}
            file.write_text(toml_text(head, {section: {f'"{name}"': value}}, {}))
        elif where == 1:
            env = {f"HLM_{section}__{name}".upper(): str(value)}
        elif where == 2:
            cli = [f"{section}.{name}={value}"]
        else:
            session = {f"{section}.{name}": value}
        try:
            settings, _ = Settings.load(file if where == 0 else None, env, cli, session)
        except ConfigError:
            refused += 1
            continue
        assert isinstance(settings, Settings)
        assert not any(isinstance(held, Mode) for held in settings.values().values())
        assert chosen_mode() is Mode.DEMO
    assert refused > 5_000


def test_origins_know_every_key() -> None:
    assert str(Origins()["risk.price_band_percent"]) == "the default"
    assert Settings().market.chart_interval is Interval.M1


def test_switches_of_sounds_follow_to_their_own_section(tmp_path: Path) -> None:
    text = 'version = 1\n[general]\ntheme = "light"\nfill_sound = false\ncard_sound = true\n'
    settings, origins = Settings.load(written(tmp_path, text))
    assert (settings.general.theme, settings.sounds.fill, settings.sounds.card) == ("light", False, True)
    assert origins["sounds.fill"].source is Source.FILE
    assert migrate({"version": 1, "sounds": {"fill": True}, "general": {"fill_sound": False}}, "f")["sounds"] == {
        "fill": True
    }
