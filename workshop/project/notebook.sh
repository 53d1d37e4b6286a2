# Sourced by a notebook job before its notebook: what the course needs and an image may not have yet.
python -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
    "sagemaker>=3.27,<4" "sagemaker-mlflow>=0.5" mlflow xgboost-cpu matplotlib
