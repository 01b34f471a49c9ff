module inlay/edge/compress

go 1.26.0

require (
	github.com/andybalholm/brotli v1.3.0
	github.com/klauspost/compress v1.20.4
	github.com/stretchr/testify v1.12.1
	inlay v0.0.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect

replace inlay => ../../
