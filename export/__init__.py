"""SavedModels of trained networks: written, checked, run without Python."""
