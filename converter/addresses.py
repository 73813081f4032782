"""Addresses: how to recognize them, and which parts of them may be shown.

Every address passes through this module before the package prints it, makes a key of it, or puts it into a message.
`public` is for a text that is an address or a path; `redact` is for a text that may contain addresses, such as the
message of another library.

Only parts that are known to be harmless are kept. Removed or replaced are:

- the login before the host: a password always, a user name unless it names a place (`abfs://CONTAINER@...`);
- parameters whose names suggest credentials, and parameters that belong to a signature;
- the value of any other parameter, unless its name is in `HARMLESS` or the value is short or a date: a digest
  replaces the value, so that different addresses keep different keys. The same holds for a fragment.
"""

from __future__ import annotations

import hashlib
import os
import re
from urllib.parse import parse_qsl, quote, unquote, urlencode

from converter.expressions import expression

SCHEME = r"[A-Za-z][A-Za-z0-9+.-]+"
"""A single letter is a Windows drive."""

CHAIN = re.compile(rf"::(?={SCHEME}:(?::|[/\\]))")
"""The separator in a chain of addresses: `zip://*.md::https://host/a.zip`. A password may contain two colons too."""

PART = re.compile(rf"((?:{SCHEME}:)*?)({SCHEME}):([/\\]+)(.*)", re.S)
AUTHORITY = re.compile(r"[^/?#]*")
HOST = re.compile(r"(?:\[[^\[\]@/]*\]|[^\[\]:@,]*)(?::\d{1,5})?(?:,(?:\[[^\[\]@/]*\]|[^\[\]:@,]*)(?::\d{1,5})?)*")
SURE_HOST = re.compile(r"localhost(?::\d+)?|[^:]*\..*|\[.*", re.S)

WEB = frozenset({"http", "https"})
PLACES = frozenset({"abfs", "abfss", "adl", "az", "wasb", "wasbs", "s3", "s3a", "gs", "gcs", "zip", "tar", "libarchive",
                    "file", "local", "memory"})  # fmt: skip
"""Schemes in which a name before `@`, without a password, is part of the place."""

HARMLESS = frozenset({
    "id", "ids", "page", "p", "pg", "q", "query", "search", "lang", "language", "locale", "hl", "format", "fmt",
    "type", "kind", "version", "versionid", "v", "ver", "ref", "rev", "revision", "branch", "tag", "tags", "path",
    "file", "filename", "name", "title", "topic", "category", "cat", "section", "chapter", "part", "offset",
    "limit", "start", "end", "from", "to", "date", "year", "month", "day", "sort", "order", "raw", "plain",
    "download", "view", "mode", "tab", "schema", "sslmode", "dbname", "host", "port", "region", "size", "slug",
    "article", "doc", "docid", "document", "pageid", "curid", "oldid", "item", "post", "thread", "issue", "number",
    "no", "symbol", "product", "project", "repo", "action", "output", "export", "print", "charset", "encoding",
    "country", "city", "letter", "index", "keyword", "term",
})  # fmt: skip
"""Parameters that name a document, not its reader."""

# Parameters that grant access to the bearer of an address, and those that accompany a signature (S3, GCS, CloudFront,
# Azure). They are left out because they change even if the document does not.
CREDENTIAL = expression(
    r"x-(?:amz|goog|ms)-.*|.*(?:sig|signature|token|secret|jwt|bearer|cookie|credentials?|session(?:[_-]?id)?|hmac|saml)"
    r"|.*(?:passw(?:or)?d|passphrase|pwd|passwd).*|pass|pw|.*auth(?:[_-]?key|orization)?|(?:.*[_-])?(?:sid|sessid|otp)"
    r"|phpsessid|.*sessionid|(?:.*[_-])?(?:api|access|secret|private|subscription|account)[_-]?key(?:[_-]?id)?",
    re.I | re.S,  # S: a name with a line break matches too, and does not take quadratic time
)
WITH_SIGNATURE = expression(
    r"awsaccesskeyid|googleaccessid|key-pair-id|policy|expires|s[eprtv]|spr|sk(?:oid|tid|[tesv])", re.I
)
DOUBTFUL = expression(r".*(?:key|code|pin|hash|nonce|ticket|user|login|email|id_?hint|state|cert).*|u|k", re.I | re.S)
"""Parameters that may or may not be credentials: not even their short values are shown."""

PLAIN_VALUE = re.compile(r"[\w .,:+*/-]{0,200}")
SHORT_VALUE = re.compile(r"\d{1,6}|\d{4}-\d\d-\d\d|.{0,4}", re.S)
PATH_PARAMETER = re.compile(r";([\w.-]+)=[^/;?#]*")

# Bounded: otherwise each start in a long chain would scan the rest of the chain. Of a longer chain, the end is found.
_LINK = r"[A-Za-z][A-Za-z0-9+.-]{1,40}"
IN_TEXT = re.compile(rf"(?:{_LINK}::){{0,8}}(?:{_LINK}:){{1,8}}[/\\]+[^\s\"'<>`]+")
ASSIGNMENT = expression(
    r"((?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|api_?key|access_?key|jwt)[\w.-]{0,100}+\s*+=\s*+)"
    r"('(?:[^'\\]|\\.|''){0,500}'|\"(?:[^\"\\]|\\.){0,500}\"|['\"]?[^\s;&,'\"]+)",
    re.I,
)
BARE_LOGIN = re.compile(r"(?<![\w/@.:-])[\w.%+-]{1,300}:[^\s@/'\"]{1,1000}@(?=[\w.-]+(?:[/:]|$))")


def is_address(text: str) -> bool:
    """Whether the text is or was meant as an address: `s3://x`, `s3:/x`, `a::b://x`, `user:word@host/x`.

    A path that begins with `./` or is on a Windows drive is not an address.
    """
    if re.match(rf"{SCHEME}:(?:[/\\]|$)|[A-Za-z][A-Za-z0-9+.-]*::", text) or "://" in text:
        return not text.startswith(("./", "../", ".\\"))
    scheme = re.match(rf"({SCHEME}):", text)
    return bool(
        (scheme and scheme[1].lower() in SCHEMES)
        or BARE_LOGIN.match(text)
        or re.match(r"[\w.-]+@[\w.-]+:", text)  # ssh form
        or re.match(r"\s*(?:\w+\s*=\s*[^\s;]+[\s;]+\w+|password|pwd|dbname|service)\s*=", text, re.I)  # libpq form
    )


SCHEMES = frozenset({
    *WEB, *PLACES, "ftp", "ftps", "sftp", "ssh", "scp", "git", "github", "hdfs", "webhdfs", "dbfs", "oss", "oci", "hf",
    "smb", "delta", "duckdb", "md", "motherduck", "postgres", "postgresql", "mysql", "mariadb", "sqlite", "mssql",
    "oracle", "jdbc", "odbc", "snowflake", "bigquery", "redshift", "clickhouse", "mongodb", "redis", "kafka", "data",
    "mailto", "iceberg",
})  # fmt: skip
"""Schemes recognized by name alone, if no slash follows: `file:x`. With any other name, `a:b` may be a folder."""


def public(address: str) -> str:
    """Return the address without the parts that grant access; return any other text, such as a path, unchanged.

    Two addresses that differ in more than credentials have different results.
    """
    if ":" not in address:
        return address
    return "::".join(map(_public, CHAIN.split(address)))


def redact(text: str) -> str:
    """Return the text with every address made `public`, and without passwords in assignments or before a host."""
    if ":" in text:
        text = IN_TEXT.sub(lambda match: public(match[0]), text)
        text = BARE_LOGIN.sub("", text)
    return ASSIGNMENT.sub(r"\1...", text) if "=" in text else text


def displayed_name(name: str) -> str:
    """Return the name that a message may show for a place: an address, a path or a connection string."""
    return redact(public(name))


def _public(part: str) -> str:
    match = PART.fullmatch(part)
    if match is None:
        return ASSIGNMENT.sub(r"\1...", part) if part.lower().startswith(("md:", "motherduck:")) else part
    scheme = match[2].lower()
    inner_scheme = re.match(rf"({SCHEME}):[/\\]{{2,}}", match[4])
    if inner_scheme and inner_scheme[1].lower() in SCHEMES:  # delta://s3://...
        return f"{match[1]}{match[2]}:{match[3]}{_public(match[4])}"
    location = _without_login(match[4], scheme)
    path, mark, query = location.partition("?")
    fragment = ""
    if scheme in WEB:
        path, hash_mark, fragment = path.partition("#") if "#" in path else (path, "", "")
        if not hash_mark:
            query, hash_mark, fragment = query.partition("#")
        fragment = hash_mark + (fragment if SHORT_VALUE.fullmatch(fragment) else digest(fragment))
    path = PATH_PARAMETER.sub(lambda parameter: "" if CREDENTIAL.fullmatch(parameter[1]) else parameter[0], path)
    shown_query = _public_query(query, scheme in WEB)
    return f"{match[1]}{match[2]}:{match[3]}{path}{mark if shown_query or not query else ''}{shown_query}{fragment}"


def _without_login(location: str, scheme: str) -> str:
    """Return the text after the slashes of an address, from the host on."""
    authority = AUTHORITY.match(location)[0]  # type: ignore[index]
    login, at, host = authority.rpartition("@")
    path = location[len(authority) :]
    if scheme in PLACES and not re.search(r":|%3a", login, re.I) and (at or ":" not in host):
        return location
    # An apparent host and port may be a user name and the start of a password.
    is_unsure = (login or ":" in host) and not SURE_HOST.fullmatch(host) and re.search(r"[^/]@", path)
    is_cut_short = (":" in host or not SURE_HOST.fullmatch(host)) and path.startswith(("?", "#"))
    is_doubtful = not host or is_unsure or is_cut_short
    if HOST.fullmatch(host) and not (is_doubtful and "@" in path):
        return host + path
    # A password may contain an unescaped slash or the like: the text before the last `@` may belong to it.
    return location.rpartition("@")[2] if "@" in location else host.partition(":")[0] + path


def _public_query(query: str, web: bool) -> str:
    """Return the query without the parts that are not known to be harmless."""
    if not query:
        return ""
    if "=" not in query:
        return query if not web or _is_harmless("", query) else digest(query)
    pairs = parse_qsl(query, keep_blank_values=True)
    public_pairs = [pair for pair in pairs if not (web and CREDENTIAL.fullmatch(pair[0]))]
    if len(public_pairs) < len(pairs):
        public_pairs = [pair for pair in public_pairs if not WITH_SIGNATURE.fullmatch(pair[0])]
    shown_pairs = [(name, value if _is_harmless(name, value) else digest(value)) for name, value in public_pairs]
    return query if shown_pairs == pairs else urlencode(shown_pairs, quote_via=quote, safe="~")


def _is_harmless(name: str, value: str) -> bool:
    if name.lower() in HARMLESS:
        return PLAIN_VALUE.fullmatch(unquote(value)) is not None
    return not DOUBTFUL.fullmatch(name) and SHORT_VALUE.fullmatch(value) is not None


def digest(value: str) -> str:
    """Return the digest that replaces a hidden value; only equal values have equal digests."""
    return f"~{hashlib.sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def expand_home(path: str) -> str:
    """Return a path that begins with `~` as one in a home folder, as shells read it, unless a file has that very name.

    Shells leave `--out=~/x` as it is, and Python has none: a folder called `~` is a trap for whoever removes it.
    """
    return os.path.expanduser(path) if path.startswith("~") and not os.path.lexists(path) else path
