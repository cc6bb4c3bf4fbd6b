"""The names of the files in a trained model's folder, beside the view's description and the training's record."""

NETWORK = "model.keras"
HISTORY = "history.csv"
LAYERS = "layers.csv"
SUMMARY = "summary.json"
