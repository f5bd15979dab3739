"""The picture that both scripts draw: the cost of W with its tangents, and three learning rates walking down it."""

CURVE, GOOD, BAD = "#4c566a", "#2a7ab9", "#c8553d"
VERDICTS = (("too high: diverges", BAD), ("reaches the bottom", GOOD), ("too low: crawls", BAD))


def draw(out, curve, tangents, paths):
    """Save the picture.

    Args:
        out: path of the PNG.
        curve: pairs (W, cost), W increasing.
        tangents: triples (W, cost, slope).
        paths: from the learning rate to the pairs (W, cost) passed through; too high, right, too low.
    """
    import matplotlib.pyplot as plt  # here, because the numbers need no matplotlib

    figure, panels = plt.subplots(1, 4, figsize=(14, 4), sharey=True, layout="constrained")
    for panel in panels:
        panel.plot(*zip(*curve, strict=True), color=CURVE, linewidth=1.2)
        panel.set(xlabel="W", xlim=(curve[0][0], curve[-1][0]), ylim=(-3, curve[0][1]))
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set(ylabel="cost", title="the gradient is the slope")
    for tangent in tangents:
        _draw_tangent(panels[0], *tangent)
    for panel, (lr, path), (verdict, color) in zip(panels[1:], paths.items(), VERDICTS, strict=True):
        panel.plot(*zip(*path, strict=True), "o-", color=color, markersize=4, linewidth=1)
        panel.set_title(f"lr={lr:g}, {verdict}")
    figure.savefig(out, dpi=120)
    plt.close(figure)


def _draw_tangent(panel, w, cost, slope):
    reach = 0.7
    panel.plot((w - reach, w + reach), (cost - reach * slope, cost + reach * slope), color=GOOD)
    side = (slope > 0) - (slope < 0)
    text = {"textcoords": "offset points", "va": "center", "ha": ("right", "center", "left")[side + 1]}
    panel.annotate(f"{slope:.1f}", (w, cost), (12 * side, 0 if side else 10), **text)
