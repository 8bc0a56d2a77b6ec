"""MemNN (Weston, Chopra & Bordes 2014) and its parts."""
