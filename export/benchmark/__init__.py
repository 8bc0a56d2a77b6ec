"""How fast an exported network answers, however it is called."""
