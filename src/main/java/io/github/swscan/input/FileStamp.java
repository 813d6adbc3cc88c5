package io.github.swscan.input;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/**
 * What a file looked like at one moment, links followed; a different stamp later means that it was changed or replaced.
 *
 * @param bytes its size
 * @param modified when it was last written to
 * @param identity what tells it from other files, where the file system has such a thing
 */
public record FileStamp(long bytes, FileTime modified, Optional<Object> identity) {
    /**
     * The stamp of a regular file. Anything else is refused before it is opened: opening a pipe would wait for ever, and
     * a device has no size.
     *
     * @throws InputException if it is not there, not accessible or not a regular file
     */
    public static FileStamp of(Path file) {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(file, BasicFileAttributes.class);
        } catch (IOException failure) {
            throw InputException.unreadable(file, failure);
        }
        if (attributes.isDirectory()) {
            throw new MalformedInputException(file, "", "is a folder, not a file", "name a file");
        }
        if (!attributes.isRegularFile()) {
            throw new UnsupportedInputException(
                    file, "", "is not a regular file", "copy the data into a file and name that");
        }
        return new FileStamp(
                attributes.size(), attributes.lastModifiedTime(), Optional.ofNullable(attributes.fileKey()));
    }
}
