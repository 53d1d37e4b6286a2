"""What SageMaker's framework containers have in common: starting a program, answering requests, installing.

It lives by the container contract alone (files under ``/opt/ml``, variables, HTTP on a port) and needs the
standard library, ``gunicorn`` for serving, AWS's ``sagemaker-training`` for script mode.
"""
