"""What of a page is not its article: menus above it, and what follows it, told by form and place.

    blocks of a draft -> cues (phrases that pages say, by kind) -> head (above the first paragraph) and tail of the page
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, HEADING, IMAGE, INDENTED, ITEMS, REFERENCE, RULE, TEXT, UNDERLINE, ends_sentence

NETWORKS = (
    r"(?:facebook|twitter|x|linkedin|whatsapp|telegram|pinterest|reddit|mastodon|bluesky|xing|instagram|threads"
    r"|hacker news|flipboard|pocket|tumblr|e-?mail|print)"
)
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|"
    r"février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|"
    r"julio|agosto|septiembre|octubre|noviembre|diciembre)[a-zé]*\.?"
)
_DATE = rf"(?:{_MONTH} \d{{1,2}}, \d{{4}}|\d{{1,2}}\.? (?:de )?{_MONTH}(?: de)? \d{{4}}|\d{{4}}-\d\d-\d\d)"
_NAME = r"(?-i:[^\W\d_a-z])[\w.'’-]{0,20}"
_PERSON = rf"{_NAME}(?: {_NAME}){{1,3}}"
CUES = {
    "skip": r"(?:skip|jump|go) to (?:the )?(?:main )?(?:content|navigation|search)|(?:zum inhalt|aller au contenu|"
    r"saltar al contenido|ir al contenido).{0,20}|(?:toggle|open|close|main|mobile) (?:menu|navigation)|[☰≡] ?\w{0,12}",
    "account": r"(?:log|sign) ?(?:in|up|out)|register|my account|create (?:an )?account|subscribe(?: now)?|anmelden|"
    r"registrieren|connexion|s['’]inscrire|iniciar sesión|entrar|donate|newsletter|search(?: .{0,25})?|suche?|"
    r"rechercher?|buscar",
    "share": rf"(?:click (?:here )?to )?(?:share|tweet|pin|save|e-?mail|print|copy|send|follow|post)"
    rf"(?: (?:this|it|us|link|the link|article|post|page|story|a friend))*(?: (?:on|via|to|by|with|at) {NETWORKS}.{{0,30}})?"
    rf"|{NETWORKS}(?: {NETWORKS}){{0,9}}|teilen(?: (?:auf|mit|per) .{{0,20}})?|partager(?: sur .{{0,20}})?"
    r"|compartir(?: en .{0,20})?|.{0,40}\bshare (?:it|this|the (?:article|post|story|page))\b.{0,20}",
    "byline": rf"(?:by|written by|posted by|author:?|von|par|por|di) {_PERSON}(?:,? (?:and|und|et|y|&) {_PERSON})?"
    r"(?:, .{1,30})?",
    "date": rf"(?:(?:first |last )?(?:published|posted|updated|modified|update|reviewed|created|veröffentlicht|publié|publicado|"
    rf"aktualisiert|actualizado|mis à jour)(?: on| am| le| el| in)?:? )?{_DATE}(?:,? (?:at )?\d{{1,2}}:\d\d.{{0,12}})?",
    "reading": r"\d{1,3} ?min(?:ute)?s?\.?(?: read| reading time| Lesezeit| de lecture| de lectura)?|"
    r"(?:reading time|lesezeit|estimated reading time):? .{1,20}",
    "comments": r"(?:no|\d{1,5}) (?:comments?|responses?|replies|kommentare?|commentaires?|comentarios?)|"
    r"(?:comments?|responses|replies|kommentare|commentaires|comentarios)(?: \(?\d{1,5}\)?| (?:are )?(?:closed|off))?|"
    r"(?:leave|post|add|write) a (?:comment|reply|response)|join the (?:conversation|discussion)|reply|"
    r"log in to (?:reply|comment)|your e-?mail address will not be .{1,90}|(?:name|e-?mail|website|comment) ?\*|"
    r"\d{1,5} thoughts? on .{1,90}|.{0,20}\bcomments? (?:are|will be|is) .{0,80}|report comment|discussion",
    "tags": r"(?:tags?|tagged(?: (?:as|with|in))?|filed under|posted (?:in|under)|categor(?:y|ies)|topics?|labels?|"
    r"schlagw(?:ort|örter)|kategorien?|étiquettes|etiquetas|categorías?) ?[:|].{0,90}|tags|categories|(?:filed under|posted in)(?: .{1,80})?",
    "related": r"(?:(?:related|similar|recommended|popular|recent|latest|trending|featured|top|other|further|more|most)"
    r" (?:posts?|articles?|stories|news|reads?|reading|content|topics?|from .{1,40}|on .{1,40}|in .{1,40}|like this"
    r"|popular|commented|viewed|shared|for you))|you (?:may|might)(?: also)? (?:like|enjoy|be interested in).{0,20}|"
    r"(?:read|up|what['’]s) next|don['’]t miss|(?:recent|latest) (?:comments|tweets)|archives?|"
    r"(?:ähnliche|weitere|verwandte) (?:artikel|beiträge|themen)|(?:articles|sujets) (?:similaires|connexes|liés)|"
    r"(?:artículos|entradas) relacionad[oa]s|mehr zum thema|à lire aussi|más leído|meistgelesen",
    "teaser": r"(?:read more|read also|also read|read|see also|see more|more|related|don['’]t miss|recommended|must read|"
    r"lesen sie auch|à lire|lea también)(?:: | [»→] ).{5,100}",
    "more": r"(?:read|view|see|show|load|learn) (?:more|all|the (?:full|whole) (?:story|article|post)).{0,90}|continue reading.{0,30}|"
    r"weiterlesen|lire la suite|leer más",
    "pager": r"(?:[←«‹<] ?)?(?:previous|prev|older|newer|next)(?: (?:post|article|page|entry|chapter|story|up))?:?(?: ?[→»›>])?"
    r"|[←«‹] ?(?:previous|prev|older|next|newer|vorheriger?|précédent|anterior)\b.{0,60}|.{0,60}\b(?:next|newer|suivant"
    r"|siguiente|weiter) ?[→»›]|(?:previous|older|next|newer) (?:post|article|page|entry|chapter|story):? .{1,60}"
    r"|(?:[←«‹] ?)?(?:previous|older)\b.{1,60}\b(?:next|newer)\b.{1,60}",
    "toc": r"(?:table of )?contents|on this page|in this (?:article|post|guide|page)|what['’]s in this .{1,12}|"
    r"inhalt(?:sverzeichnis)?|sommaire|contenido|jump to:?",
    "about": r"(?:about|meet) (?:the|this) (?:author|writer|site|blog)s?|about the .{1,20}team|über den autor|à propos de l['’]auteur",
    "feedback": r"(?:was|did you find) this (?:page|article|post|answer)? ?(?:helpful|useful).{0,12}|"
    r"(?:yes|no|thumbs (?:up|down))(?:[\s\W]{1,3})?(?: (?:yes|no|thumbs (?:up|down)))?(?:[\s\W]{1,3})?|rate this .{1,20}|"
    r"(?:edit|improve|view|show|suggest (?:an )?(?:edit|change)s?)(?: to)?(?: this)?(?: page| article)(?:['’]s)?(?: source)?"
    r"(?: on| at| in) (?:github|gitlab|bitbucket|wiki)|edit (?:this page|on (?:github|gitlab))|(?:report|open) (?:a|an) (?:bug|issue|problem|error)(?: .{1,20})?",
    "legal": r"(?:©|\(c\)|copyright ©?|©? ?copyright) ?\d{4}.{0,150}|©.{0,150}|.{0,80}all rights reserved.{0,40}|"
    r"(?:privacy|cookie)s?(?: policy| notice| settings| preferences)?|terms(?: of (?:use|service)| (?:and|&) conditions)?|"
    r"imprint|impressum|datenschutz(?:erklärung)?|mentions légales|aviso legal|do not sell my .{1,30}|sitemap",
    "made": r"(?:proudly )?(?:powered|built|made|generated|created|hosted|theme|designed) (?:by|with|on) .{2,60}|"
    r"(?:back|return|scroll) to (?:the )?top|[↑^] ?(?:back to )?top|nach oben|haut de page|volver arriba",
    "cookie": r"(?=.{0,300}\bcookies?\b)(?:we|this|our|by|wir|diese|nous|ce|usamos|este|utilizamos)\b.{0,300}|"
    r"(?:accept|reject|decline|deny|allow|manage|got|ok)(?: (?:all|only|it|cookies?|necessary|essential|preferences|"
    r"choices|settings))*!?|(?:alle )?(?:akzeptieren|ablehnen)|(?:tout )?(?:accepter|refuser)|(?:aceptar|rechazar)(?: todo)?",
    "consent": r"(?=.{0,300}\b(?:cookies|privacy (?:policy|notice)|personal data|your consent)\b).{8,300}",
    "letter": r"(?=.{0,160}\b(?:subscribe|sign(?:ing)? up|join|get|receive|delivered|unsubscribe|never share|no spam|enter "
    r"your)\b)(?=.{0,160}\b(?:newsletter|inbox|unsubscribe|spam|e-?mails?|address|readers|subscribers)\b).{8,200}",
    "crumbs": r"[^»›>|\n]{1,40}(?: ?[»›>] ?[^»›>|\n]{1,90}){1,5}",
    "ad": r"[-–—\[( ]*(?:advertisement|advertisment|advertorial|sponsored(?: (?:content|post|by .{1,30}))?|anzeige|werbung|"
    r"publicité|publicidad|annonce|ad)[-–—\]) ]*|.{0,20}continues (?:below|after) (?:the )?ad\w*",
}
"""Kind of boilerplate -> what pages say of it, in full."""

HEAD = frozenset(("skip", "account", "share", "byline", "date", "reading", "comments", "toc", "ad", "related", "crumbs", "legal"))
TAIL = {
    "share": 0,
    "tags": 0,
    "pager": 0,
    "feedback": 0,
    "legal": 0,
    "made": 0,
    "date": 0,
    "more": 1,
    "teaser": 1,
    "toc": 0,
    "ad": 0,
    "letter": 2,
    "cookie": 2,
    "consent": 2,
    "about": 2,
    "related": 3,
    "comments": 3,
    "byline": 1,
}
OPENS_TAIL = frozenset(("share", "tags", "pager", "feedback", "legal", "made", "about", "related", "comments"))
ANYWHERE = frozenset(("ad", "teaser", "cookie", "letter", "share", "skip"))
"""Kinds above an article; kinds below it, with the number of paragraphs that may follow each; kinds of which one begins
what stands below; kinds that are told wherever they stand on a page."""

FEWEST_KINDS = 3
"""A page shows itself by cues of so many kinds: an article says one or two."""

LONGEST_CUE, LONGEST_META = 320, 120
PROSE = 60
"""Characters from which on a block that ends a sentence is the article's text."""

SHORT_WORDS = 4
"""Words of an item of a menu on average at most."""

MOST_BRIEF = 15
"""So many short blocks may stand between two cues below an article."""

_CUE = 320
PROSE = 60
"""Characters from which on a block that ends a sentence is the article's text."""

SHORT_WORDS = 4
"""Words of an item of a menu on average at most."""

PROSE_SHARE = 0.3
"""The share of the blocks below an article that may be prose: comments, excerpts, the author's life."""

DENSE = 0.25
"""The share of the blocks below an article that are cues at least."""

_CUE = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in CUES.items()), re.IGNORECASE)
_META = re.compile(
    rf"(?:\b(?:by|von|par|por)\b:? {_PERSON}|{CUES['reading']}|(?:no|\d{{1,5}}) (?:comments?|responses?|replies)|{CUES['date']}"
    r"|(?:(?:first |last )?(?:published|posted|updated|modified|written)(?: on| at| by| in)?:?))",
    re.IGNORECASE,
)
_SIGNED = re.compile(rf"{_PERSON},? .{{0,12}}{_DATE}.{{0,16}}", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_PARTS = re.compile(r" ?[|·•] ?")
_MARKS = re.compile(r"\[\d{1,3}\](?!\()|^[\s>]*(?:[-*+•◦▪□■○●·]|\d{1,3}[.)]|o(?= )|#{1,6})?\s*|[*_`#¶]+|\\(?=\W)")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a page: its first line, the line after its last one, the plain text of its lines, and its cue."""

    start: int
    end: int
    is_list: bool
    is_heading: bool
    is_text: bool
    texts: Sequence[str]
    cue: str

    @property
    def is_prose(self) -> bool:
        """Whether it is surely text, of the article or of a comment."""
        prose = sum(len(text) >= PROSE and (ends_sentence(text) or len(text) > 2 * PROSE) for text in self.texts)
        return self.is_text and not self.cue and 3 * prose > len(self.texts)

    @property
    def is_brief(self) -> bool:
        """Whether it is like an entry, or the entries, of a menu."""
        words = sum(len(text.split()) for text in self.texts)
        return not self.is_prose and words <= SHORT_WORDS * len(self.texts) and not any(map(ends_sentence, self.texts))


def boilerplate(draft: Draft) -> Iterator[tuple[int, int, float]]:
    """Yield the first line of each block that is none of the article, the line after its last one, and how sure it is;
    nothing for a text that is no page."""
    blocks = list(_blocks(draft))
    if len({block.cue for block in blocks} - {""}) < FEWEST_KINDS:
        return
    head, tail = _head(blocks), _tail(blocks)
    for at, block in enumerate(blocks):
        if block.is_heading:
            continue
        if at >= tail:
            yield block.start, block.end, 0.85
        elif (block.cue in ANYWHERE and not block.is_list) or (at < head and (block.cue in HEAD or (block.is_brief and block.is_list))):
            yield block.start, block.end, 0.9


def _head(blocks: Sequence[Block]) -> int:
    """The number of blocks above the article's text: a first short paragraph may be a caption."""
    prose = [at for at, block in enumerate(blocks) if block.is_prose]
    if not prose:
        return 0
    is_caption = len(prose) > 1 and len(" ".join(blocks[prose[0]].texts)) < 2 * PROSE
    return prose[is_caption]


def _tail(blocks: Sequence[Block]) -> int:
    """The index of the first block below the article's text; the number of blocks if there is none."""
    start = len(blocks)
    rest = sum(block.is_prose for block in blocks) // 2
    prose = brief = 0
    for at in range(len(blocks) - 1, -1, -1):
        cue = blocks[at].cue
        if cue not in TAIL:
            prose += blocks[at].is_prose
            rest -= blocks[at].is_prose
            brief += 1
            if rest < 0 or not blocks[at].is_text:
                break
            if prose > max(TAIL.values()) or brief > MOST_BRIEF:
                break
            continue
        if prose > TAIL[cue]:
            break
        prose = brief = 0
        if cue in OPENS_TAIL:
            start = at
    return start


def _blocks(draft: Draft) -> Iterator[Block]:
    kinds, lines = draft.kinds, draft.lines
    at, end = 0, len(kinds)
    while at < end:
        start, kind = at, kinds[at]
        at += 1
        if kind in (BLANK, UNDERLINE, REFERENCE, RULE):
            continue
        is_list = kind in ITEMS
        if is_list:
            at = _list_end(draft, start)
        elif kind == TEXT and (draft.state.spaced or not draft.state.one_line):
            while at < end and kinds[at] == TEXT and at not in draft.breaks:
                at += 1
        is_heading = kind == HEADING or (at < end and kinds[at] == UNDERLINE)
        texts = list(_texts(draft, start, at, is_list))
        is_text = is_list or kind in (TEXT, IMAGE, HEADING, INDENTED)
        yield Block(start, at, is_list, is_heading, is_text, texts, _cue(texts) if is_text else "")


def _list_end(draft: Draft, start: int) -> int:
    """The line after the last one of the list that begins in line `start`."""
    kinds = draft.kinds
    end = at = start + 1
    while at < len(kinds) and (kinds[at] == BLANK or kinds[at] in ITEMS or kinds[at] == INDENTED):
        at += 1
        if kinds[at - 1] != BLANK:
            end = at
        elif at < len(kinds) and kinds[at] == BLANK:
            break
    return end


def _texts(draft: Draft, start: int, end: int, is_list: bool) -> Iterator[str]:
    lines = [_MARKS.sub("", _LINK.sub(r"\1", draft.lines[at])).strip() for at in range(start, end)]
    yield from filter(None, lines) if is_list else [" ".join(filter(None, lines))]


def _cue(texts: Sequence[str]) -> str:
    """The kind of cue that a paragraph is, or that most items of a list are."""
    kinds = list(filter(None, map(_cue_of, texts)))
    return max(kinds, key=kinds.count) if kinds and 2 * len(kinds) >= len(texts) else ""


def _cue_of(text: str) -> str:
    if len(text) > LONGEST_CUE:
        return ""
    if match := _CUE.fullmatch(text):
        return match.lastgroup or ""
    parts = _PARTS.split(text) if len(text) <= LONGEST_META else ()
    if len(parts) > 1 and (parts_cues := {match.lastgroup or "" for part in parts if (match := _CUE.fullmatch(part))}):
        return min(parts_cues) if len(parts) <= 2 * len(parts_cues) + 1 else ""
    if len(text) <= LONGEST_META and _SIGNED.fullmatch(text):
        return "byline"
    is_meta = len(text) <= LONGEST_META and not any(map(str.isalnum, rest := _META.sub("", text))) and rest != text
    return "date" if is_meta else ""
