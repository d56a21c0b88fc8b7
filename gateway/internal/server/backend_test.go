// SPDX-License-Identifier: Apache-2.0

package server

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	testingv1 "storefront-cdc/gateway/gen/storefront/testing/v1"
)

// silentGate stands in front of a service and swallows everything once it is cut: a peer that is
// gone without FIN.
func silentGate(t *testing.T, target string) (address string, cut *atomic.Bool) {
	t.Helper()
	cut = &atomic.Bool{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	pump := func(to, from net.Conn) {
		buffer := make([]byte, 32<<10)
		for {
			n, err := from.Read(buffer)
			if err != nil && !cut.Load() {
				to.Close()
			}
			if err != nil {
				return
			}
			if !cut.Load() {
				_, _ = to.Write(buffer[:n])
			}
		}
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				client.Close()
				continue
			}
			t.Cleanup(func() { client.Close(); server.Close() })
			go pump(server, client)
			go pump(client, server)
		}
	}()
	return listener.Addr().String(), cut
}

func TestG9AServiceThatVanishesWithoutAWordIsFound(t *testing.T) {
	t.Parallel() // ten seconds are the least that gRPC allows between two pings
	if deadPeer.Time+deadPeer.Timeout > 80*time.Second || deadPeer.Timeout <= 0 {
		t.Errorf("found after %s", deadPeer.Time+deadPeer.Timeout)
	}
	f := start(t)
	address, cut := silentGate(t, f.address)
	conn, err := Dial("seeder", address, Deadlines{Default: time.Second, Max: time.Second},
		keepalive.ClientParameters{Time: 10 * time.Second, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	watch, err := testingv1.NewWidgetServiceClient(conn).WatchWidget(t.Context(), &testingv1.WatchWidgetRequest{Name: "widgets/a"})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := watch.Recv(); err != nil {
			t.Fatal(err)
		}
	}
	cut.Store(true)
	started := time.Now()
	if _, err := watch.Recv(); status.Code(err) != codes.Unavailable || err == io.EOF {
		t.Errorf("the stream ends with %v", err)
	}
	if took := time.Since(started); took > 20*time.Second {
		t.Errorf("found after %s", took)
	}
}

func TestAConnectionThatIsNotOpenedYetIsNoFailure(t *testing.T) {
	conn, err := Dial("seeder", "127.0.0.1:1", Deadlines{Default: time.Second, Max: time.Second}, deadPeer)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
