"""The modules that scripts for AWS's XGBoost image import, by their names there."""
