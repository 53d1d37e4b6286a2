"""The old name of AWS's `sagemaker-training` toolkit, which scripts for the XGBoost image still import."""
