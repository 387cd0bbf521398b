"""Where people come in: the command line. No science and no defaults of its own."""
