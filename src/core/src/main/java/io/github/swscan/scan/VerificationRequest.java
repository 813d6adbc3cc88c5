package io.github.swscan.scan;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A verification that is asked for.
 *
 * @param model the path of a folder, a weights file or the index of its shards
 * @param manifest the file of a manifest, or of a signature
 * @param full to read all bytes
 * @param key the file of a public key or of certificates to trust; empty not to check whose signature it is
 * @param against the checkpoint that the manifest was made of; empty for none
 */
public record VerificationRequest(
        String model, Path manifest, boolean full, Optional<Path> key, Optional<Path> against) {}
