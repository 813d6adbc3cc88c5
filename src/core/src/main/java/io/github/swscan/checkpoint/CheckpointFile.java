package io.github.swscan.checkpoint;

import java.nio.file.Path;

/**
 * A weights file of a checkpoint.
 *
 * @param path where it lies; may be a symbolic link
 * @param name its file name, without folders
 * @param bytes its size in bytes
 */
public record CheckpointFile(Path path, String name, long bytes) {}
