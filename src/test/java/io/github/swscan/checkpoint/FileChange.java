package io.github.swscan.checkpoint;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;

/** What may happen to a file of a model while it is read. None of it makes a mapped file end the process. */
public enum FileChange {
    WRITTEN_TO {
        @Override
        void make(Path file) throws IOException {
            overwriteMiddle(file);
        }
    },
    WRITTEN_TO_AND_TIME_SET_BACK {
        @Override
        void make(Path file) throws IOException {
            FileTime modified = Files.getLastModifiedTime(file);
            overwriteMiddle(file);
            Files.setLastModifiedTime(file, modified);
        }
    },
    LONGER {
        @Override
        void make(Path file) throws IOException {
            resize(file, 1);
        }
    },
    SHORTER {
        @Override
        void make(Path file) throws IOException {
            resize(file, -1);
        }
    },
    DELETED {
        @Override
        void make(Path file) throws IOException {
            Files.delete(file);
        }
    },
    DELETED_AND_MADE_AGAIN {
        @Override
        void make(Path file) throws IOException {
            byte[] content = Files.readAllBytes(file);
            FileTime modified = Files.getLastModifiedTime(file);
            Files.delete(file);
            Files.write(file, content);
            Files.setLastModifiedTime(file, modified);
        }
    },
    REPLACED_BY_ITS_LIKE {
        @Override
        void make(Path file) throws IOException {
            Path other = file.resolveSibling(file.getFileName() + ".new");
            Files.copy(file, other, StandardCopyOption.COPY_ATTRIBUTES);
            Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
        }
    },
    REPLACED_BY_A_FOLDER {
        @Override
        void make(Path file) throws IOException {
            Files.delete(file);
            Files.createDirectory(file);
        }
    };

    abstract void make(Path file) throws IOException;

    /** Does it, as soon as the clock of the file system shows another time than that of the file's last change. */
    public void to(Path file) {
        try {
            Path probe = file.resolveSibling("clock");
            FileTime before = timeOfChange(file);
            do {
                Files.writeString(probe, "");
            } while (timeOfChange(probe).equals(before));
            Files.delete(probe);
            make(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FileTime timeOfChange(Path file) throws IOException {
        FileStamp stamp = FileStamp.of(file);
        return stamp.changed().orElse(stamp.modified());
    }

    /** With bytes that are no finite number in any floating-point type. */
    private static void overwriteMiddle(Path file) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(open.length() / 2);
            byte[] ones = new byte[(int) Math.min(64, open.length() - open.length() / 2)];
            Arrays.fill(ones, (byte) -1);
            open.write(ones);
        }
    }

    private static void resize(Path file, long difference) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.setLength(open.length() + difference);
        }
    }
}
