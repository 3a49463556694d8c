package account

import (
	"crypto/rsa"
	"fmt"
)

// Certificates are made of RSA keys alone, so what reads and makes theirs says so by its type.

func readRSA(file string) (*rsa.PrivateKey, error) {
	key, err := readPrivate(file)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a %T; an RSA key is needed", file, key)
	}
	return private, nil
}

func writeNewRSA(file string) (*rsa.PrivateKey, error) {
	if _, err := writeNewPrivate(file, newRSA); err != nil {
		return nil, err
	}
	return readRSA(file)
}
