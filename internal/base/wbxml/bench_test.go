package wbxml

import (
	"fmt"
	"testing"
)

// syncAnswer is a Sync answer with 25 mails, about 16 KB.
func syncAnswer() *Node {
	commands := Elem(AirSyncCommands)
	for i := range 25 {
		commands.Children = append(commands.Children, Elem(AirSyncAdd,
			Leaf(AirSyncServerId, fmt.Sprintf("1:%d", i)),
			Elem(AirSyncApplicationData,
				Leaf(EmailFrom, "sender@example.test"), Leaf(EmailTo, "alice@example.test"),
				Leaf(EmailSubject, "a subject of usual length for a mail"), Leaf(EmailRead, "0"),
				Elem(AirSyncBaseBody, Leaf(AirSyncBaseType, "1"), Leaf(AirSyncBaseData, fmt.Sprintf("%0400d", i))))))
	}
	return Elem(AirSyncSync, Elem(AirSyncCollections, Elem(AirSyncCollection,
		Leaf(AirSyncSyncKey, "2"), Leaf(AirSyncStatus, "1"), commands)))
}

func benchmark(b *testing.B, n *Node) {
	body := n.Encode()
	b.Run("walk", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if err := walk(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Parse(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n.Encode()
		}
	})
}

func BenchmarkPolicy(b *testing.B) { benchmark(b, policyAnswer()) }
func BenchmarkSync(b *testing.B)   { benchmark(b, syncAnswer()) }
