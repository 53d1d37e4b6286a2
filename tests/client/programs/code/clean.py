"""The user's functions of a first step: names and spaces go, numbers stay."""


def model_fn(model_dir):
    """Nothing is learned."""
    return


def input_fn(body, content_type):
    """Cells of text."""
    text = body.decode() if isinstance(body, bytes) else body
    return [[cell.strip() for cell in line.split(",")] for line in text.splitlines()]


def predict_fn(rows, model):
    """The numbers alone."""
    return [row[1:] for row in rows]


def output_fn(rows, accept):
    """CSV for the next container."""
    return "\n".join(",".join(row) for row in rows), "text/csv"
