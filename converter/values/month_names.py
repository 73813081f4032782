"""Names of months and days of the week in English, German, French, Spanish, Italian, Portuguese and Dutch."""

from __future__ import annotations

_MONTHS = """
    january jan januar januari janvier janv enero ene gennaio gen janeiro jänner jän
    february feb februar februari février févr fév fevrier fevr febrero febbraio febb fevereiro fev
    march mar märz mär mrz maerz mars marzo março marco maart mrt
    april apr avril avr abril abr aprile
    may mai mayo maggio mag maio mei
    june jun juni juin junio giugno giu junho
    july jul juli juillet juil julio luglio lug julho
    august aug août aout agosto ago augustus
    september sept sep septembre septiembre settembre set setembro
    october oct oktober okt octobre octubre ottobre ott outubro out
    november nov novembre noviembre novembro
    december dec dezember dez décembre déc decembre diciembre dic dicembre dezembro
"""

MONTHS: dict[str, int] = {
    name: number for number, names in enumerate(_MONTHS.strip().splitlines(), start=1) for name in names.split()
}
"""Month name or abbreviation, in lower case and without a full stop, to its number."""

_WEEKDAYS = """
    monday mon montag mo lundi lun lunes lunedì segunda segunda-feira maandag ma
    tuesday tue tues dienstag di mardi mar martes martedì terça terça-feira dinsdag
    wednesday wed mittwoch mi mercredi mer miércoles mié mercoledì quarta quarta-feira woensdag wo
    thursday thu thur thurs donnerstag do jeudi jeu jueves jue giovedì gio quinta quinta-feira donderdag
    friday fri freitag fr vendredi ven viernes vie venerdì sexta sexta-feira sex vrijdag vr
    saturday sat samstag sa sonnabend samedi sam sábado sáb sabato sab zaterdag za
    sunday sun sonntag so dimanche dim domingo dom domenica zondag zo
"""
WEEKDAYS = frozenset(_WEEKDAYS.split())
