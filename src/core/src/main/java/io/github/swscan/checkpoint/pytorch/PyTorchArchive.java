package io.github.swscan.checkpoint.pytorch;

import io.github.swscan.checkpoint.pytorch.StateDict.Place;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.BoundedChannel;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * A file that {@code torch.save} of PyTorch 1.6 and newer wrote: a zip archive with a pickle that describes the tensors
 * ({@code NAME/data.pkl}), and one entry for the bytes of each storage ({@code NAME/data/KEY}), none of them compressed.
 *
 * <p>Archives of TorchScript look the same and have the model's code beside it, which is not read: their pickle holds
 * the modules, and the tensors are named by their places in them.
 */
final class PyTorchArchive {

    /** Longer than the description of any model: some 200 bytes a tensor. */
    private static final int MAX_PICKLE_SIZE = 100_000_000;

    /** What may be read to find the entries; each takes about 100 bytes, and several times as many in memory. */
    private static final long MAX_DIRECTORY_READ = 100_000_000;

    private static final String PICKLE = "data.pkl";

    private final Path file;
    private final long fileBytes;
    private final ZipFile zip;

    private PyTorchArchive(Path file, long fileBytes, ZipFile zip) {
        this.file = file;
        this.fileBytes = fileBytes;
        this.zip = zip;
    }

    /**
     * Reads which tensors a file holds, and none of their data.
     *
     * @throws io.github.swscan.input.InputException if it cannot be read, is malformed, or wants to load more than tensors
     */
    static List<TensorInfo> read(ByteSource file) {
        try (BoundedChannel channel = new BoundedChannel(file, MAX_DIRECTORY_READ);
                ZipFile zip = ZipFile.builder()
                        .setSeekableByteChannel(channel)
                        // Many entries may share one long local header, which would be kept for each, or have names
                        // that
                        // collide in the table of names to be replaced.
                        .setIgnoreLocalFileHeader(true)
                        .setUseUnicodeExtraFields(false)
                        .get()) {
            channel.lift();
            return new PyTorchArchive(file.name(), file.size(), zip).tensors();
        } catch (IOException | IllegalArgumentException failure) {
            throw new MalformedInputException(
                    file.name(), "", "is not a zip archive that can be read", "download the file again", failure);
        }
    }

    private List<TensorInfo> tensors() throws IOException {
        checkNames();
        String folder = folder();
        ZipArchiveEntry order = zip.getEntry(folder + "byteorder");
        if (order != null && !"little".equals(new String(content(order, 16), StandardCharsets.UTF_8))) {
            throw new UnsupportedInputException(
                    file, "byteorder", "is not little-endian", "save the model again on a little-endian machine");
        }
        byte[] pickle = content(zip.getEntry(folder + PICKLE), MAX_PICKLE_SIZE);
        return StateDict.tensors(file, pickled(folder, pickle), key -> place(folder + "data/" + key));
    }

    private Object pickled(String folder, byte[] pickle) {
        ByteArrayInputStream bytes = new ByteArrayInputStream(pickle);
        if (Collections.list(zip.getEntries()).stream()
                .noneMatch(entry -> entry.getName().startsWith(folder + "code/"))) {
            return PyTorchUnpickler.read(file, PICKLE, bytes);
        }
        if (PyTorchUnpickler.readTorchScript(file, PICKLE, bytes) instanceof ScriptModule module) {
            return module.tensors(file, pickle.length);
        }
        throw new MalformedInputException(
                file, PICKLE, "holds no module, though this is a TorchScript archive", "download the file again");
    }

    /** Of two with one name another program might read the other one, and write one that leads elsewhere there. */
    private void checkNames() {
        Set<String> names = new HashSet<>();
        for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
            String name = entry.getName();
            if (!names.add(name)) {
                throw new MalformedInputException(file, name, "is in the archive twice", "download the file again");
            }
            if (name.startsWith("/")
                    || name.contains("\\")
                    || List.of(name.split("/")).contains("..")) {
                throw new MalformedInputException(
                        file, name, "is the name of an entry that leads out of the archive", "download the file again");
            }
        }
    }

    /** What stands before {@code data.pkl}, with its slash. */
    private String folder() {
        List<String> pickles = Collections.list(zip.getEntries()).stream()
                .map(ZipArchiveEntry::getName)
                .filter(name -> name.equals(PICKLE) || name.endsWith("/" + PICKLE))
                .toList();
        if (pickles.size() > 1) {
            throw new MalformedInputException(
                    file, pickles.get(1), "is in the archive beside another " + PICKLE, "download the file again");
        }
        return pickles.stream()
                .findFirst()
                .map(name -> name.substring(0, name.length() - PICKLE.length()))
                .orElseThrow(() -> new MalformedInputException(
                        file,
                        PICKLE,
                        "is missing: this is a zip archive, but not one of PyTorch",
                        "unpack it and name the folder of the model in it, or download the file again"));
    }

    private byte[] content(ZipArchiveEntry entry, int limit) throws IOException {
        if (entry.getSize() > limit) {
            throw new MalformedInputException(
                    file,
                    entry.getName(),
                    "would be " + entry.getSize() + " bytes long, above the limit of " + limit,
                    "download the file again");
        }
        requireStored(entry);
        try (InputStream input = zip.getInputStream(entry)) {
            return input.readNBytes(limit);
        }
    }

    /** Uncompressed, as PyTorch writes it: what is said to be in the file is there, and no more. */
    private void requireStored(ZipArchiveEntry entry) {
        if (entry.getMethod() != ZipEntry.STORED || entry.getGeneralPurposeBit().usesEncryption()) {
            throw new UnsupportedInputException(
                    file,
                    entry.getName(),
                    "is compressed or encrypted, which PyTorch never does",
                    "save the model again with torch.save");
        }
        if (entry.getSize() != entry.getCompressedSize()) {
            throw new MalformedInputException(
                    file,
                    entry.getName(),
                    "has %d bytes, of which %d are in the archive"
                            .formatted(entry.getSize(), entry.getCompressedSize()),
                    "download the file again");
        }
    }

    private Place place(String name) {
        ZipArchiveEntry entry = zip.getEntry(name);
        if (entry == null) {
            throw new MalformedInputException(file, name, "is missing in the archive", "download the file again");
        }
        requireStored(entry);
        long offset = dataOffset(entry);
        if (offset < 0 || entry.getSize() < 0 || entry.getSize() > fileBytes - offset) {
            throw new MalformedInputException(
                    file, name, "reaches beyond the end of the file", "download the file again");
        }
        return new Place(offset, entry.getSize());
    }

    /** The library looks for where an entry's bytes begin when they are asked for. */
    private long dataOffset(ZipArchiveEntry entry) {
        try {
            zip.getRawInputStream(entry).close();
            return entry.getDataOffset();
        } catch (IOException failure) {
            throw new MalformedInputException(
                    file, entry.getName(), "is not where the archive says", "download the file again", failure);
        }
    }
}
