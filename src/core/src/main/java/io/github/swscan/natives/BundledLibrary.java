package io.github.swscan.natives;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.HexFormat;
import java.util.jar.JarEntry;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipException;

/**
 * A native library as it comes with the program, in a jar.
 *
 * <p>A jar lists the size and the checksum (CRC-32) of all that is in it. Java does not compare them when it reads a
 * resource, so that it is done here: nothing is unpacked from a jar that is damaged.
 *
 * @param resource on the class path
 */
record BundledLibrary(String resource) {

    /** Whether the program comes with it. */
    boolean isThere() {
        return location() != null;
    }

    /** In bytes; 0 where it cannot be known. */
    long size() {
        try {
            return Math.max(0, location().openConnection().getContentLengthLong());
        } catch (IOException unknown) {
            return 0;
        }
    }

    /** SHA-256, in hexadecimal digits; else as {@link #copyTo}. */
    String digest() throws IOException {
        return copyTo(OutputStream.nullOutputStream());
    }

    /**
     * Copies it.
     *
     * @return SHA-256 of what was copied, in hexadecimal digits
     * @throws IOException if the target cannot be written
     * @throws NativeLibraryException if the jar is damaged
     */
    String copyTo(OutputStream target) throws IOException {
        URLConnection connection = location().openConnection();
        try (CheckedInputStream checked = new CheckedInputStream(open(connection), new CRC32());
                DigestInputStream digested = new DigestInputStream(checked, LibraryManifest.sha256())) {
            long size = digested.transferTo(target);
            if (!isListed(connection, size, checked.getChecksum().getValue())) {
                throw damaged(connection);
            }
            return HexFormat.of().formatHex(digested.getMessageDigest().digest());
        } catch (ZipException | EOFException e) {
            throw damaged(connection);
        }
    }

    private URL location() {
        return BundledLibrary.class.getClassLoader().getResource(resource);
    }

    /** Without the cache of jars: reading takes none of the class loader's. */
    private static InputStream open(URLConnection connection) throws IOException {
        connection.setUseCaches(false);
        return connection.getInputStream();
    }

    private static boolean isListed(URLConnection connection, long size, long checksum) throws IOException {
        if (connection instanceof JarURLConnection jar) {
            JarEntry listed = jar.getJarEntry();
            return listed.getSize() == size && listed.getCrc() == checksum;
        }
        return true;
    }

    private static NativeLibraryException damaged(URLConnection connection) {
        URL url = connection instanceof JarURLConnection jar ? jar.getJarFileURL() : connection.getURL();
        return new NativeLibraryException(Path.of(url.getPath()), "is damaged; install swscan again");
    }
}
