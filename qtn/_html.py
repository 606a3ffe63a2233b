"""HTML, from one template engine that escapes every value: nothing foreign becomes markup."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from qtn._secrets import known_secrets, without_these

if TYPE_CHECKING:
    import jinja2

# Longer values are pictures, in whose letters a short credential may occur by chance.
_PICTURE = 10_000
_PARTS = {
    # Headings may be empty: then the first cell of a row is its heading, aligned to the left.
    "table": (
        "{% macro table(headings, rows, caption='', right=()) %}<table>"
        "{% if caption %}<caption>{{ caption }}</caption>{% endif %}"
        "{% if headings %}<thead><tr>"
        '{% for h in headings %}<th scope="col"'
        "{{ ' class=\"n\"'|safe if right and right[loop.index0] }}>{{ h }}</th>{% endfor %}"
        "</tr></thead>{% endif %}<tbody>"
        "{% for row in rows %}<tr>"
        '<th scope="row">{{ row[0] }}</th>'
        "{% for cell in row[1:] %}<td"
        "{{ ' class=\"n\"'|safe if right and right[loop.index] }}>{{ cell }}</td>{% endfor %}</tr>"
        "{% endfor %}</tbody></table>{% endmacro %}"
    ),
    # Colours are those of the page around it, so that both themes of a notebook can be read.
    "display": (
        '{% from "table" import table %}'
        '<div class="qtn"><style>'
        ".qtn.qtn{max-width:100%;overflow-x:auto;color:inherit;margin:.2em 0}"
        ".qtn.qtn table{border:0;border-collapse:collapse;margin:.2em 0 .5em;width:auto}"
        ".qtn.qtn th,.qtn.qtn td{background:none;border:0;color:inherit;padding:.1em 1em .1em 0;"
        "text-align:left;vertical-align:top;white-space:normal;overflow-wrap:anywhere}"
        ".qtn.qtn tbody th{font-weight:inherit;opacity:.75;white-space:nowrap}"
        ".qtn.qtn thead th{border-bottom:1px solid;font-weight:600;white-space:nowrap}"
        ".qtn.qtn .n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}"
        ".qtn.qtn caption{caption-side:top;color:inherit;text-align:left;white-space:nowrap}"
        ".qtn.qtn summary{cursor:pointer}.qtn.qtn p{margin:.2em 0;max-width:60em}"
        "</style><p><strong>{{ title }}</strong></p>"
        "{% if rows %}{{ table((), rows) }}{% endif %}"
        "{% for caption, headings, cells, right, folded in tables %}"
        "{% if folded %}<details><summary>{{ caption or headings[0] }}, {{ cells|length }} rows"
        "</summary>{{ table(headings, cells, '', right) }}</details>"
        "{% else %}{{ table(headings, cells, caption, right) }}{% endif %}{% endfor %}"
        "{% for note in notes if note %}<p>{{ note }}</p>{% endfor %}</div>"
    ),
}


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.DictLoader(_PARTS),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(secrets: Sequence[str], value: Any) -> str:
    """Return the text of a value without credentials; what is markup already stays."""
    if hasattr(value, "__html__"):
        return value
    text = str(value)
    return text if len(text) > _PICTURE else without_these(text, secrets)


def render(template: str, **values: Any) -> str:
    """Fill a template; every value is escaped, and a missing one is an error.

    Args:
        template: text in Jinja's syntax; `{% from "table" import table %}` gives it tables.
        values: what the template names.

    Example:
        >>> render("<p>{{ title }}</p>", title="<b>")
        '<p>&lt;b&gt;</p>'
    """
    # Credentials are looked up once per page, not once per cell.
    found = _environment().overlay(finalize=partial(_shown, known_secrets()))
    return found.from_string(template).render(**values)


def display(
    title: str,
    rows: Sequence[Sequence[Any]],
    tables: Sequence[Sequence[Any]] = (),
    notes: Sequence[str] = (),
) -> str:
    """Return what an object shows in a notebook, readable on light and dark pages.

    Args:
        title: what it is.
        rows: names and values.
        tables: per table a caption, headings, cells, which columns hold numbers, and whether it
            begins folded.
        notes: sentences below.

    Example:
        >>> display("State", [("sites", 4)]).startswith('<div class="qtn">')
        True
    """
    return render(_PARTS["display"], title=title, rows=rows, tables=tables, notes=notes)
