"""What pages say around an article, by kind: phrases that stand alone on a line or in a block."""

from __future__ import annotations

import re
from functools import lru_cache

from converter.repair.signs import LONGEST_CUE

_NETWORK = (
    r"(?:facebook|twitter|x|linkedin|whatsapp|telegram|pinterest|reddit|mastodon|bluesky|xing|instagram|threads"
    r"|hacker news|flipboard|pocket|tumblr|e-?mail|print)"
)
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier"
    r"|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio"
    r"|julio|agosto|septiembre|octubre|noviembre|diciembre)[a-zé]{0,9}\.?"
)
_DATE = rf"(?:{_MONTH} \d{{1,2}}, \d{{4}}|\d{{1,2}}\.? (?:de )?{_MONTH}(?: de)? \d{{4}}|\d{{4}}-\d\d-\d\d)"
_NAME = r"(?-i:[^\W\d_a-z])[\w.'’-]{0,20}"
_PERSON = rf"{_NAME}(?: {_NAME}){{1,3}}"
_DATED = (
    r"(?:(?:first |last )?(?:published|posted|updated?|modified|reviewed|created)(?: on)?|veröffentlicht(?: am)?"
    r"|aktualisiert(?: am)?|publié(?: le)?|mis à jour(?: le)?|publicado(?: el)?|actualizado(?: el)?):?"
)
_MINUTES = r"\d{1,3} ?min(?:ute)?s?\.?(?: read| reading time| Lesezeit| de lecture| de lectura)?"
_REPLIES = r"(?:no|\d{1,5}) (?:comments?|responses?|replies|kommentare?|commentaires?|comentarios?)"

PHRASES = {
    "skip": (
        r"(?:skip|jump|go) to (?:the )?(?:main )?(?:content|navigation|search)",
        r"(?:zum inhalt|aller au contenu|saltar al contenido|ir al contenido).{0,20}",
        r"(?:toggle|open|close|main|mobile) (?:menu|navigation)",
        r"[☰≡] ?\w{0,12}",
    ),
    "account": (
        r"(?:log|sign) ?(?:in|up|out)|register|my account|create (?:an )?account|subscribe(?: now)?|donate|newsletter",
        r"anmelden|registrieren|connexion|s['’]inscrire|iniciar sesión|entrar",
        r"search(?: .{0,25})?|suche?|rechercher?|buscar",
    ),
    "share": (
        rf"(?:click (?:here )?to )?(?:share|tweet|pin|save|e-?mail|print|copy|send|follow|post)"
        rf"(?: (?:this|it|us|link|the link|article|post|page|story|a friend)){{0,3}}"
        rf"(?: (?:on|via|to|by|with|at) {_NETWORK}.{{0,30}})?",
        rf"{_NETWORK}(?: {_NETWORK}){{0,9}}",
        r".{0,40}\bshare (?:it|this|the (?:article|post|story|page))\b.{0,20}",
        r"teilen(?: (?:auf|mit|per) .{0,20})?|partager(?: sur .{0,20})?|compartir(?: en .{0,20})?",
    ),
    "byline": (
        rf"(?:by|written by|posted by|author:?|von|par|por|di) {_PERSON}(?:,? (?:and|und|et|y|&) {_PERSON})?"
        r"(?:, .{1,30})?",
    ),
    "date": (rf"(?:{_DATED} )?{_DATE}(?:,? (?:at )?\d{{1,2}}:\d\d.{{0,12}})?",),
    "reading": (_MINUTES, r"(?:estimated reading time|reading time|lesezeit):? .{1,20}"),
    "comments": (
        _REPLIES,
        r"(?:comments?|responses|replies|kommentare|commentaires|comentarios)(?: \(?\d{1,5}\)?| (?:are )?closed)?",
        r"(?:leave|post|add|write) a (?:comment|reply|response)|join the (?:conversation|discussion)|discussion|reply",
        r"log in to (?:reply|comment)|your e-?mail address will not be .{1,90}|(?:name|e-?mail|website|comment) ?\*",
        r"\d{1,5} thoughts? on .{1,90}|report comment",
        r".{0,20}\bcomments? (?:are|will be|is) .{0,80}",
    ),
    "tags": (
        r"(?:tags?|tagged(?: (?:as|with|in))?|filed under|posted (?:in|under)|categor(?:y|ies)|topics?) ?:.{0,90}",
        r"(?:schlagw(?:ort|örter)|kategorien?|étiquettes|etiquetas|categorías?) ?:.{0,90}",
        r"tags|categories|(?:filed under|posted in|tagged with)(?: .{1,80})?",
    ),
    "related": (
        r"(?:related|similar|recommended|popular|recent|latest|trending|featured|top|other|further|more|most)"
        r" (?:posts?|articles?|stories|news|reads?|reading|content|topics?|from .{1,40}|on .{1,40}|in .{1,40}|like this"
        r"|popular|commented|viewed|shared|for you)",
        r"you (?:may|might)(?: also)? (?:like|enjoy|be interested in).{0,20}",
        r"(?:read|up|what['’]s) next|don['’]t miss|(?:recent|latest) (?:comments|tweets)|archives?",
        r"(?:ähnliche|weitere|verwandte) (?:artikel|beiträge|themen)|mehr zum thema|meistgelesen",
        r"(?:articles|sujets) (?:similaires|connexes|liés)|à lire aussi",
        r"(?:artículos|entradas) relacionad[oa]s|más leído",
    ),
    "teaser": (
        r"(?:read more|read also|also read|read|see also|see more|more|related|don['’]t miss|recommended|must read"
        r"|lesen sie auch|à lire|lea también)(?:: | [»→] ).{5,100}",
    ),
    "more": (
        r"(?:read|view|see|show|load|learn) (?:more|all|the (?:full|whole) (?:story|article|post)).{0,90}",
        r"continue reading.{0,30}|weiterlesen|lire la suite|leer más",
    ),
    "pager": (
        r"(?:[←«‹<] ?)?(?:previous|prev|older|newer|next)(?: (?:post|article|page|entry|chapter|story|up))?:?"
        r"(?: ?[→»›>])?",
        r"[←«‹] ?(?:previous|prev|older|next|newer|vorheriger?|précédent|anterior)\b.{0,60}",
        r".{0,60}\b(?:next|newer|suivant|siguiente|weiter) ?[→»›]",
        r"(?:previous|older|next|newer) (?:post|article|page|entry|chapter|story):? .{1,60}",
        r"(?:[←«‹] ?)?(?:previous|older)\b.{1,60}\b(?:next|newer)\b.{1,60}",
    ),
    "toc": (
        r"(?:table of )?contents|on this page|in this (?:article|post|guide|page)|what['’]s in this .{1,12}|jump to:?",
        r"inhalt(?:sverzeichnis)?|sommaire|contenido",
    ),
    "about": (
        r"(?:about|meet) (?:the|this) (?:author|writer|site|blog)s?|about the .{1,20}team",
        r"über den autor|à propos de l['’]auteur",
    ),
    "feedback": (
        r"(?:was|did you find) this (?:page|article|post|answer)? ?(?:helpful|useful).{0,12}|rate this .{1,20}",
        r"(?:(?:yes|no|thumbs (?:up|down))\b[\s\W]{0,4}){1,4}",
        r"(?:edit|improve|view|show|suggest (?:an )?(?:edit|change)s?)(?: to)?(?: this)?(?: page| article)(?:['’]s)?"
        r"(?: source)?(?: on .{1,20})?",
        r"edit on (?:github|gitlab)|(?:report|open) an? (?:bug|issue|problem|error)(?: .{1,20})?",
    ),
    "legal": (
        r"(?:©|\(c\)|copyright ©?|© ?copyright) ?\d{4}.{0,150}|©.{0,150}",
        r".{0,80}all rights reserved.{0,40}",
        r"(?:privacy|cookie)s?(?: policy| notice| settings| preferences)?",
        r"terms(?: of (?:use|service)| (?:and|&) conditions)?",
        r"imprint|impressum|datenschutz(?:erklärung)?|mentions légales|aviso legal|do not sell my .{1,30}|sitemap",
    ),
    "made": (
        r"(?:proudly )?(?:powered|built|made|generated|created|hosted|theme|designed) (?:by|with|on) .{2,60}",
        r"(?:back|return|scroll) to (?:the )?top|[↑^] ?(?:back to )?top|nach oben|haut de page|volver arriba",
    ),
    "cookie": (
        r"(?=.{0,300}\bcookies?\b)(?:we|this|our|by|wir|diese|nous|ce|usamos|este|utilizamos)\b.{0,300}",
        r"(?:accept|reject|decline|deny|allow|manage|got|ok)"
        r"(?: (?:all|only|it|cookies?|necessary|essential|preferences|choices|settings)){0,3}!?",
        r"(?:alle )?(?:akzeptieren|ablehnen)|(?:tout )?(?:accepter|refuser)|(?:aceptar|rechazar)(?: todo)?",
    ),
    "consent": (r"(?=.{0,300}\b(?:cookies|privacy (?:policy|notice)|personal data|your consent)\b).{8,300}",),
    "letter": (
        r"(?=.{0,160}\b(?:subscribe|sign(?:ing)? up|join|get|receive|delivered|unsubscribe|never share|no spam"
        r"|enter your)\b)"
        r"(?=.{0,160}\b(?:newsletter|inbox|unsubscribe|spam|e-?mails?|address|readers|subscribers)\b).{8,200}",
    ),
    "crumbs": (r"[^»›>|\n]{1,40}(?: ?[»›>] ?[^»›>|\n]{1,90}){1,5}",),
    "ad": (
        r"[-–—\[( ]{0,3}(?:advertisement|advertisment|advertorial|sponsored(?: (?:content|post|by .{1,30}))?|anzeige"
        r"|werbung|publicité|publicidad|annonce|ad)[-–—\]) ]{0,3}",
        r".{0,20}continues (?:below|after) (?:the )?ad\w*",
    ),
}
"""Kind of boilerplate -> the phrases for it, each matching a whole text."""

ANY_BEGINNING = (".{", "(?=", "[^")
"""Expressions that begin like this allow any words before the phrase's own. They take most of the time."""
OWN_WORDS = (
    *("share", "comment", "next", "newer", "suivant", "siguiente", "weiter", "all rights", "continues", "»", "›", ">"),
    *("cookie", "privacy", "personal data", "consent", "newsletter", "inbox", "unsubscribe", "spam", "mail"),
    *("address", "readers", "subscribers"),
)
"""Every text that matches such an expression has at least one of these words."""


def _alternatives(begin_anyhow: bool) -> str:
    phrases_by_kind = {
        kind: [phrase for phrase in phrases if phrase.startswith(ANY_BEGINNING) == begin_anyhow]
        for kind, phrases in PHRASES.items()
    }
    return "|".join(f"(?P<{kind}>{'|'.join(phrases)})" for kind, phrases in phrases_by_kind.items() if phrases)


_CUE = re.compile(_alternatives(begin_anyhow=False), re.IGNORECASE)
_LATE_CUE = re.compile(_alternatives(begin_anyhow=True), re.IGNORECASE)
_ORDER = {kind: place for place, kind in enumerate(PHRASES)}
_META = re.compile(
    rf"\b(?:by|von|par|por)\b:? {_PERSON}|{_MINUTES}|{_REPLIES}|{_DATED} {_DATE}|{_DATE}|{_DATED}", re.IGNORECASE
)
"""The parts of a line of a byline."""
_SIGNED = re.compile(rf"{_PERSON},? .{{0,12}}{_DATE}.{{0,16}}", re.IGNORECASE)
"""The author of a comment, and its time."""
_PARTS = re.compile(r" ?[|·•] ?")

LONGEST_META = 120

_INSIDE = (
    *("»", "›", "→", "|", "·", "•", "cookie", "privacy", "newsletter", "subscri", "mail", "spam", "inbox", "share"),
    *("rights", "thought", "comment", "continue", "join", "get", "receive", "data", "consent", "about the"),
)
"""Parts of phrases that need not begin with a known word."""
_FIRST = re.compile(r"[^\W_]+")
_OPENINGS = frozenset(
    word
    for phrases in PHRASES.values()
    for phrase in phrases
    for word in re.findall(r"[^\W\d_]{2,}|(?<![\\\w])[a-z](?!\w)", phrase.lower())
)
"""Every word of the phrases: a cue begins with one of them, or with a number."""


def begins_cue(text: str) -> bool:
    """Whether a text begins as most cues do."""
    first = _FIRST.search(text)
    return first is not None and (first[0].lower() in _OPENINGS or first[0].isdigit())


@lru_cache(maxsize=8192)
def cue_of(text: str) -> str:
    """The kind of boilerplate that a whole text is, as one phrase or as several parts; empty if it is none."""
    if len(text) > LONGEST_CUE:
        return ""
    if not begins_cue(text):
        lower = text.lower()
        if not any(map(lower.__contains__, _INSIDE)) and not _SIGNED.fullmatch(text):
            return ""
    if kind := _kind_of(text):
        return kind
    if len(text) > LONGEST_META:
        return ""
    if _SIGNED.fullmatch(text):
        return "byline"
    parts = list(filter(None, _PARTS.split(text)))
    if len(parts) > 1 and all(kinds := list(map(_kind_of, parts))):
        return kinds[0]
    first = _FIRST.search(text)
    if first is None or not _META.match(text, first.start()):
        return ""
    return "" if any(map(str.isalnum, _META.sub("", text))) else "date"


def _kind_of(text: str) -> str:
    """The kind of the first phrase that matches a whole text; empty if none does."""
    lower = text.lower()
    matches = [_CUE.fullmatch(text)]
    if any(map(lower.__contains__, OWN_WORDS)):
        matches.append(_LATE_CUE.fullmatch(text))
    kinds = [match.lastgroup or "" for match in matches if match]
    return min(kinds, key=_ORDER.__getitem__, default="")
