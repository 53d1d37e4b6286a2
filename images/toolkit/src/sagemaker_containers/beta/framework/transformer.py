"""A name that scripts import beside the others; the model server here calls their functions itself."""
