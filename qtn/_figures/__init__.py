"""Drawing, below the rooms: functions of plain arrays, one file per kind of figure.

Every `draw_...` takes the axes of matplotlib first and returns them. The methods `plot(ax=None)` of
the objects call them with `axes_of(ax)`: axes that were given are drawn on and returned, else a
figure of its own is made, which pyplot knows nothing of and which a notebook shows. `plot` draws
one panel; a panel beside it (residuals, a colour bar) takes its space from the axes. What has
several panels names them by `kind`, and shows them beside each other by `overview()`, which
returns the array of their axes.
"""
