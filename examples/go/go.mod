module miniflow-example

go 1.22
