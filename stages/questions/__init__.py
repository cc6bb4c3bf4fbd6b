"""The worksheet's questions, by subject; each is a pure function that answers one from what a study has made."""
