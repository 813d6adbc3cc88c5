package io.github.swscan.input;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/**
 * What a file looked like at one moment, links followed. If it is taken before the file is opened and still holds after the
 * last reading, all that was read is of one state of the file. Exceptions are changes that the file system does not note in
 * the file's times, or not at once; docs/security.md names them.
 *
 * @param file as it was named
 * @param bytes its size
 * @param modified when it was last written to; programs may set this time back
 * @param changed when its content or its attributes last changed, by the clock of the system, where there is such a time
 * @param identity what tells it from other files, where the file system has such a thing
 */
public record FileStamp(
        Path file, long bytes, FileTime modified, Optional<FileTime> changed, Optional<Object> identity) {
    private static final String WITH_TIME_OF_CHANGE = "unix";

    /**
     * The stamp of a regular file. Anything else is refused before it is opened: opening a pipe would wait for ever, and
     * a device has no size.
     *
     * @throws InputException if it is not there, not accessible or not a regular file
     */
    public static FileStamp of(Path file) {
        BasicFileAttributes attributes;
        Optional<FileTime> changed;
        try {
            attributes = Files.readAttributes(file, BasicFileAttributes.class);
            changed = changed(file);
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
                file,
                attributes.size(),
                attributes.lastModifiedTime(),
                changed,
                Optional.ofNullable(attributes.fileKey()));
    }

    /**
     * Looks at the file again.
     *
     * @throws ChangedInputException if it was written to, shortened, deleted or replaced, or a link leads elsewhere
     */
    public void check() {
        FileStamp latest;
        try {
            latest = of(file);
        } catch (InputException failure) {
            throw new ChangedInputException(file, failure);
        }
        if (!latest.equals(this)) {
            throw new ChangedInputException(file, null);
        }
    }

    private static Optional<FileTime> changed(Path file) throws IOException {
        return file.getFileSystem().supportedFileAttributeViews().contains(WITH_TIME_OF_CHANGE)
                ? Optional.of((FileTime) Files.getAttribute(file, WITH_TIME_OF_CHANGE + ":ctime"))
                : Optional.empty();
    }
}
