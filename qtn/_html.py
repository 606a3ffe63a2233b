"""HTML, from one template engine that escapes every value: nothing foreign becomes markup."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from qtn._secrets import without_known

if TYPE_CHECKING:
    import jinja2

# Longer values are pictures, in whose letters a short credential may occur by chance.
_PICTURE = 10_000
_PARTS = {
    # Headings may be empty: then the first cell of a row is its heading, aligned to the left.
    "table": (
        "{% macro table(headings, rows, caption='') %}<table>"
        "{% if caption %}<caption>{{ caption }}</caption>{% endif %}"
        "{% if headings %}<thead><tr>"
        '{% for h in headings %}<th scope="col">{{ h }}</th>{% endfor %}'
        "</tr></thead>{% endif %}<tbody>"
        "{% for row in rows %}<tr>"
        "<th scope=\"row\"{{ '' if headings else ' style=\"text-align:left\"'|safe }}>"
        "{{ row[0] }}</th>{% for cell in row[1:] %}<td>{{ cell }}</td>{% endfor %}</tr>"
        "{% endfor %}</tbody></table>{% endmacro %}"
    ),
}


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.DictLoader(_PARTS),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: Any) -> str:
    """Return the text of a value without known credentials; what is markup already stays."""
    if hasattr(value, "__html__"):
        return value
    text = str(value)
    return text if len(text) > _PICTURE else without_known(text)


def render(template: str, **values: Any) -> str:
    """Fill a template; every value is escaped, and a missing one is an error.

    Args:
        template: text in Jinja's syntax; `{% from "table" import table %}` gives it tables.
        values: what the template names.

    Example:
        >>> render("<p>{{ title }}</p>", title="<b>")
        '<p>&lt;b&gt;</p>'
    """
    return _environment().from_string(template).render(**values)


def table(rows: Sequence[Sequence[Any]], headings: Sequence[Any] = (), caption: str = "") -> str:
    """Return an HTML table of escaped cells; the first cell of a row is its heading.

    Example:
        >>> "&lt;1&gt;</td>" in table([("x", "<1>")], ("name", "value"))
        True
    """
    return render(
        '{% from "table" import table %}{{ table(headings, rows, caption) }}',
        headings=headings,
        rows=rows,
        caption=caption,
    )
