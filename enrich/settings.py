"""Every setting of the project with its default, once; read once and passed down as a value.

Order: command line, environment (`ENRICH_<NAME>`), the file named by `--config` or `$ENRICH_CONFIG`, `./enrich.toml`, the
user's configuration directory, the defaults below. `config/enrich.toml` repeats the defaults for operators; a test holds the
two together. https://docs.pydantic.dev/latest/concepts/pydantic_settings/
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import platformdirs
from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from enrich.errors import SettingsError, unreadable
from enrich.model.note import Severity

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([smhdw]?)", re.ASCII)
_ADDRESS: Final = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]{1,255}")
_HEADER: Final = re.compile(r"[\x20-\x7e]+")
_HOST: Final = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")
CHECKOUT: Final = Path(__file__).resolve().parent.parent


def _span(value: object) -> object:
    """Read `30d`, `12h`, `90s` or a number of seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    if isinstance(value, str):
        match = _SPAN.fullmatch(value.strip())
        if match is None:
            raise ValueError("write a number and a unit, such as 30d, 12h or 90s")
        return timedelta(**{_UNITS[match[2] or "s"]: float(match[1])})
    return value


def _base_url(value: object) -> object:
    """Accept any http or https address the operator wrote, without a trailing slash."""
    if not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises where it is none
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("write an address such as https://api.crossref.org")
    if "@" in parts.netloc:
        raise ValueError("leave user name and password out of the address; there are tokens for that")
    return value.rstrip("/")


def _token(value: object) -> object:
    """Accept what can stand in a header; the line end of the file it was copied from is no part of it."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    if _HEADER.fullmatch(value.strip()) is None:
        raise ValueError("a token has neither line breaks nor characters beyond ASCII; copy it again")
    return value.strip()


def _place(value: object) -> object:
    """Read a path as a shell would; an empty one would be the directory one happens to be in."""
    if value == "":
        raise ValueError("name a directory, or leave the line out")
    return os.path.expanduser(value) if isinstance(value, str) else value  # noqa: PTH111 -- an unknown user's ~ stays


def _mailto(value: object) -> object:
    """Accept one e-mail address; an empty string means none."""
    if value in {"", None}:
        return None
    if not isinstance(value, str) or _ADDRESS.fullmatch(value.strip()) is None:
        raise ValueError("write one e-mail address, such as me@example.org")
    return value.strip()


def _list(value: object) -> object:
    """Read `DOI,RET001` as a list, and what is written as one in a variable of the environment."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("write one,two or a JSON list") from None
    return [part.strip() for part in value.split(",") if part.strip()]


def _tokens(value: object) -> object:
    """Read `one,two` as a list of tokens, too."""
    value = _list(value)
    return [_token(part) for part in value] if isinstance(value, list | tuple) else value


def _hosts(value: object) -> object:
    """Read names as they stand in a `Host` header."""
    value = _list(value)
    for name in value if isinstance(value, list | tuple) else ():
        if isinstance(name, str) and _HOST.fullmatch(name) is None:
            raise ValueError(
                f"write names such as enrich.example.org, without https:// and port, and not {name!r}"
            )
    return value


def _severities(value: object) -> object:
    """Read `DIF=warning,ABS=error` as a table, too."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    if not all(sign for _, sign, _ in pairs):
        raise ValueError("write codes with their severity, such as DIF=warning,ABS=error")
    return {code.strip(): level.strip().lower() for code, _, level in pairs}


Place = Annotated[Path, BeforeValidator(_place)]
Token = Annotated[SecretStr | None, BeforeValidator(_token)]
Tokens = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_tokens)]
Span = Annotated[timedelta, BeforeValidator(_span)]
BaseUrl = Annotated[str, BeforeValidator(_base_url)]
Mailto = Annotated[str | None, BeforeValidator(_mailto)]
Codes = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_list)]
Hosts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_hosts)]
Severities = Annotated[dict[str, Severity], NoDecode, BeforeValidator(_severities)]


def in_checkout() -> bool:
    """Tell whether the package runs from a checkout (whose `cache/` serves) rather than installed."""
    return (CHECKOUT / "cache" / "CACHEDIR.TAG").is_file() and (CHECKOUT / "pyproject.toml").is_file()


def _cache_dir() -> Path:
    return CHECKOUT / "cache" if in_checkout() else platformdirs.user_cache_path("doi-enrich")


def _snapshot_dir() -> Path:
    return (
        CHECKOUT / "cache" / "snapshot"
        if in_checkout()
        else platformdirs.user_data_path("doi-enrich") / "snapshot"
    )


def _state_dir() -> Path:
    return platformdirs.user_state_path("doi-enrich")


class Settings(BaseSettings):
    """The settings of one run; durations are spans such as `30d`, addresses base URLs."""

    model_config = SettingsConfigDict(env_prefix="ENRICH_", frozen=True, extra="forbid", env_ignore_empty=True)

    mailto: Mailto = Field(default=None, description="Contact address; puts requests into Crossref's polite pool.")
    cache_dir: Place = Field(default_factory=_cache_dir, description="Where answers and the rate ledger live.")
    state_dir: Place = Field(default_factory=_state_dir, description="Where the journals of in-place cleans live.")
    snapshot: Place = Field(
        default_factory=_snapshot_dir, description="The local snapshot; look-ups ask it first."
    )
    offline: bool = Field(default=False, description="Never touch the network.")
    crossref_url: BaseUrl = Field(
        default="https://api.crossref.org", description="Crossref's REST API, or a local mirror of it."
    )
    datacite_url: BaseUrl = Field(default="https://api.datacite.org", description="DataCite's REST API.")
    jalc_url: BaseUrl = Field(default="https://api.japanlinkcenter.org", description="JaLC's REST API.")
    medra_url: BaseUrl = Field(default="https://api.medra.org", description="mEDRA's metadata API.")
    doi_url: BaseUrl = Field(
        default="https://doi.org", description="Handles, which-agency and content negotiation."
    )
    crossref_token: Token = Field(
        default=None, description="Crossref Metadata Plus token; sent to Crossref alone."
    )
    datacite_token: Token = Field(default=None, description="DataCite token; sent to DataCite alone.")
    timeout: float = Field(default=30, gt=0, le=600, description="Seconds for one request, all stages.")
    patience: float = Field(default=120, ge=0, description="Seconds a run waits for an agency that is down.")
    ttl_found: Span = Field(default=timedelta(days=30), description="How long an answer is fresh.")
    ttl_not_found: Span = Field(default=timedelta(days=1), description="How long an absence is believed.")
    ttl_stale: Span = Field(
        default=timedelta(days=365), description="How long an old answer may serve while a service is down."
    )
    ttl_snapshot: Span = Field(
        default=timedelta(days=400), description="How long a snapshot answers before the network is asked first."
    )
    policy: str = Field(default="fill", description="Merge policy: fill, trust-agency, report, or a TOML file.")
    find_missing: bool = Field(default=False, description="Search for the DOI of records without one.")
    select: Codes = Field(default=("DEFAULT",), description="The rules `check` goes by.")
    ignore: Codes = Field(default=(), description="Rules that `check` leaves out.")
    severity: Severities = Field(default={}, description="What findings count as: error, warning, info.")
    window: int = Field(default=2000, ge=1, le=100_000, description="Records in flight at once; bounds memory.")
    serve_tokens: Tokens = Field(
        default=(), description="Tokens of the service's users; none: everybody who reaches it."
    )
    serve_hosts: Hosts = Field(default=(), description="Names the service is reached by, beside addresses.")
    serve_max_bytes: int = Field(
        default=2 << 30, ge=1, description="The largest library the service takes, in bytes."
    )
    serve_max_records: int = Field(
        default=1_000_000, ge=1, description="The longest library it takes, in records."
    )
    serve_max_seconds: float = Field(default=3600, gt=0, description="Seconds it works on one library at most.")
    serve_wait: float = Field(
        default=30, gt=0, description="Seconds a request for single works waits for an agency."
    )
    serve_grace: float = Field(
        default=30,
        gt=0,
        allow_inf_nan=False,
        description="Seconds that work under way may go on when the service is stopped.",
    )
    serve_libraries: int = Field(default=4, ge=1, description="Libraries each worker process works on at once.")
    serve_queue: int = Field(
        default=2000, ge=0, description="Requests that may wait for their turn; others get 429."
    )
    serve_access_log: bool = Field(default=False, description="Log each request, without its query.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- no .env files: settings have few, named places
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before environment; files are read by :func:`load`, below both."""
        return init_settings, env_settings


def config_files(named: Path | None = None) -> tuple[Path, ...]:
    """Return the configuration files that count, strongest first; a named one must exist."""
    asked = named or (Path(os.environ["ENRICH_CONFIG"]) if os.environ.get("ENRICH_CONFIG") else None)
    if asked is not None and not asked.is_file():
        raise SettingsError("there is no such configuration file", file=str(asked))
    usual = (Path("enrich.toml"), platformdirs.user_config_path("doi-enrich") / "enrich.toml")
    return tuple(path for path in (asked, *usual) if path is not None and path.is_file())


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(unreadable(error), file=str(path)) from error
    except UnicodeDecodeError as error:
        raise SettingsError("cannot be read: it is not written in UTF-8", file=str(path)) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"cannot be read: {error}", file=str(path)) from error
    for key in values:
        if key not in Settings.model_fields:
            raise SettingsError(
                "there is no such setting; `enrich config show` lists them", file=str(path), key=key
            )
    return values


def load(named: Path | None = None, **arguments: Any) -> Settings:
    """Read the settings from all their places; `arguments` (the command line's) win. Raises SettingsError."""
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    for path in reversed(config_files(named)):
        found = _read(path)
        values |= found
        places |= dict.fromkeys(found, str(path))
    for name in Settings.model_fields:
        if os.environ.get(f"ENRICH_{name.upper()}"):
            values.pop(name, None)
            places[name] = f"environment ENRICH_{name.upper()}"
    given = {key: value for key, value in arguments.items() if value is not None}
    places |= dict.fromkeys(given, "command line")
    try:
        return Settings(**(values | given))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = str(first["loc"][0]) if first["loc"] else None
        said = first["msg"].removeprefix("Value error, ").replace("Input should", "it should")
        raise SettingsError(said, file=places.get(key or ""), key=key) from None
