"""How well the engines read real photos, where the folder of labelled photos is present."""
