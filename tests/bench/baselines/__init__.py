"""What a good engineer would write first. Nobody slows these down: they are what our ratios stand on."""
