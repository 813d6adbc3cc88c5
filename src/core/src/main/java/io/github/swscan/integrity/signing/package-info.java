/**
 * Signatures of models in the form of OpenSSF Model Signing: bundles of sigstore, whose payload is a statement of in-toto
 * about the digests of all files. Source: https://github.com/sigstore/model-transparency, version 1.1.1.
 */
package io.github.swscan.integrity.signing;
