docker build -q -t tool:slow ~/work/layers
