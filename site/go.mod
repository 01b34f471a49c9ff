module inlay/site

go 1.26

tool inlay/cmd/inlay

require (
	github.com/stretchr/testify v1.12.1
	github.com/syumai/workers v0.32.0
	inlay v0.0.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect

replace inlay => ..
