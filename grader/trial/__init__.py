"""Keys and problems on trial: what people printed against what the engine finds, and the engine against itself."""
