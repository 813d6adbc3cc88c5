package io.github.swscan.engine;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs the code of a TorchScript class into a module archive: a zip of stored entries that holds the code, an empty
 * module state and no constants.
 */
final class ModuleArchive {

    private static final byte[] VERSION = "10\n".getBytes(StandardCharsets.US_ASCII);
    /** The pickle of an empty tuple. */
    private static final byte[] CONSTANTS = {(byte) 0x80, 2, ')', '.'};

    private ModuleArchive() {}

    /**
     * @param source the resource with the code
     * @param className the class in it that is the module
     */
    static InputStream of(String source, String className) {
        try (InputStream code = ModuleArchive.class.getResourceAsStream(source)) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ZipOutputStream archive = new ZipOutputStream(bytes)) {
                store(archive, "version", VERSION);
                store(archive, "constants.pkl", CONSTANTS);
                store(archive, "data.pkl", emptyModule(className));
                store(archive, "code/__torch__.py", code.readAllBytes());
            }
            return new ByteArrayInputStream(bytes.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The pickle of an object of class {@code __torch__.CLASSNAME} with an empty state. */
    private static byte[] emptyModule(String className) throws IOException {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.write(new byte[] {(byte) 0x80, 2, 'c'});
        pickle.write(("__torch__\n" + className + "\n").getBytes(StandardCharsets.US_ASCII));
        pickle.write(new byte[] {')', (byte) 0x81, '}', 'b', '.'});
        return pickle.toByteArray();
    }

    private static void store(ZipOutputStream archive, String name, byte[] content) throws IOException {
        CRC32 checksum = new CRC32();
        checksum.update(content);
        ZipEntry entry = new ZipEntry("module/" + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(checksum.getValue());
        archive.putNextEntry(entry);
        archive.write(content);
        archive.closeEntry();
    }
}
