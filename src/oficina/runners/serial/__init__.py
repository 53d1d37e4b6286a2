"""What runs before the containers of a model that has several; standard library only, Python 3.9 on."""
