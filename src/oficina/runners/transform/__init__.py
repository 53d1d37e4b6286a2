"""What runs inside a batch transform job beside the model server; standard library only, Python 3.9 on."""
