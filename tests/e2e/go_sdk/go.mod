module openfc/tests/e2e/go_sdk

go 1.19

require github.com/aliyun/fc-go-sdk v0.0.0-20211130132118-64c3dff91779

require (
	github.com/gorilla/websocket v1.4.2 // indirect
	golang.org/x/net v0.0.0-20181220203305-927f97764cc3 // indirect
	gopkg.in/resty.v1 v1.11.0 // indirect
)
