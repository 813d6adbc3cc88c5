package io.github.swscan.natives;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What was unpacked: by it a later start tells, without reading hundreds of megabytes, that a folder of libraries is as it
 * was.
 *
 * @param files the files of the folder
 */
record LibraryManifest(List<Entry> files) {

    /**
     * One library.
     *
     * @param digest SHA-256 of the content, in hexadecimal digits
     * @param size in bytes
     * @param modified in whole seconds since 1970, which archives and images of containers keep
     */
    record Entry(String digest, long size, long modified, String name) {

        static Entry of(Path file, String digest) throws IOException {
            BasicFileAttributes found = attributes(file);
            return new Entry(
                    digest, found.size(), seconds(found), file.getFileName().toString());
        }

        private String line() {
            return digest + " " + size + " " + modified + " " + name;
        }

        private static Entry parse(String line) {
            String[] parts = line.split(" ", 4);
            return new Entry(parts[0], Long.parseLong(parts[1]), Long.parseLong(parts[2]), parts[3]);
        }

        /** A file that was copied has another time, and the same content. */
        private Optional<String> problem(Path folder) throws IOException {
            Path file = folder.resolve(name);
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.of("is missing");
            }
            BasicFileAttributes found = attributes(file);
            if (found.size() != size) {
                return Optional.of("has " + found.size() + " bytes, and had " + size + " when it was unpacked");
            }
            return seconds(found) == modified || digestOf(file).equals(digest)
                    ? Optional.empty()
                    : Optional.of("is not what was unpacked: its SHA-256 differs");
        }
    }

    LibraryManifest {
        files = List.copyOf(files);
    }

    /**
     * Reads one that was written.
     *
     * @return empty if it is not one, as after a crash of the machine
     */
    static Optional<LibraryManifest> read(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return Optional.of(new LibraryManifest(lines.map(Entry::parse).toList()));
        } catch (RuntimeException malformed) {
            return Optional.empty();
        }
    }

    String text() {
        return files.stream().map(Entry::line).collect(Collectors.joining("\n", "", "\n"));
    }

    /** Whether it tells of these files and no others. */
    boolean lists(LibrarySet set) {
        return files.stream()
                .map(Entry::name)
                .collect(Collectors.toSet())
                .equals(set.resources().keySet());
    }

    /**
     * Finds the first file that is not as it was, by size and time; where only the time differs, by content.
     *
     * @throws NativeLibraryException if there is one
     */
    void check(Path folder) throws IOException {
        for (Entry file : files) {
            Optional<String> problem = file.problem(folder);
            if (problem.isPresent()) {
                throw new NativeLibraryException(
                        folder.resolve(file.name()),
                        problem.get() + "; delete " + folder + " to have it unpacked again");
            }
        }
    }

    /** The same with the times that the files have; only to be asked where {@link #check} found nothing. */
    LibraryManifest withTimesOf(Path folder) throws IOException {
        List<Entry> found = new ArrayList<>();
        for (Entry file : files) {
            found.add(Entry.of(folder.resolve(file.name()), file.digest()));
        }
        return new LibraryManifest(found);
    }

    static String digestOf(Path file) throws IOException {
        try (DigestInputStream stream = new DigestInputStream(Files.newInputStream(file), sha256())) {
            stream.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(stream.getMessageDigest().digest());
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException everyJavaHasIt) {
            throw new IllegalStateException(everyJavaHasIt);
        }
    }

    private static BasicFileAttributes attributes(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class);
    }

    private static long seconds(BasicFileAttributes attributes) {
        return attributes.lastModifiedTime().to(TimeUnit.SECONDS);
    }
}
