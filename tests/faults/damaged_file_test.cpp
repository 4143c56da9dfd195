// Files that are read, cut off or with a bit flipped, given to the readers themselves. damaged_program_test.cpp gives a
// few of each kind to the program.
#include "framework/attack/adversarial_set.h"
#include "framework/attack/kept_batches.h"
#include "framework/core/npz.h"
#include "framework/model/model_file.h"
#include "framework/model/network.h"
#include "framework/model/training.h"
#include "tests/faults/damage.h"
#include "tests/faults/fault_table.h"
#include "tests/support/error_text.h"
#include "tests/support/script_files.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// Whether the format tells that its content is not what was written.
enum class Checksum { kYes, kNo };

/// A file, what reads it, and the content that came of it.
struct Format {
  std::string name;
  fs::path file;
  Checksum checksum;
  std::function<std::string()> read;
  std::string same = "read: the same content";  ///< what happened where the content is the one of the sound file
  std::size_t truncations = 6, flips = 14;
};

std::string digest(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().contiguous();
  return sha256({static_cast<const char*>(values.data_ptr()), values.nbytes()});
}

std::string digest(const Array& array) { return array.description() + sha256(format_npy(array)); }

std::string digest(const Network& network) {
  std::string all;
  for (const auto& item : network.named_parameters()) all += item.key() + digest(item.value());
  for (const auto& item : network.named_buffers()) all += item.key() + digest(item.value());
  return sha256(all);
}

std::string digest(const Npz& content) {
  std::string all;
  for (const auto& [name, array] : content.arrays) all += name + digest(array);
  for (const auto& [name, text] : content.texts) all += name + text;
  return sha256(all);
}

/// Reads each damaged file, then the sound one again.
void check_damaged(const Format& format, const std::vector<std::string>& damaged, FaultTable& table) {
  const std::string sound = read_file(format.file), content = format.read();
  Outcomes outcomes;
  for (std::size_t i = 0; i < damaged.size(); ++i) {
    INFO(format.name << ", number " << i);
    write_file(format.file, damaged[i]);
    try {
      const bool same = format.read() == content;
      CHECK((same || format.checksum == Checksum::kNo));
      outcomes.other(same ? format.same : kUnnoticed);
    } catch (const Error& error) {
      const std::string text = error.what();
      CHECK(text.find(format.file.filename().string()) != std::string::npos);
      CHECK(text.find('\n') == std::string::npos);
      outcomes.refused(text);
    }
  }
  write_file(format.file, sound);
  CHECK(format.read() == content);
  table.add(format.name, damaged.size(), outcomes.text(), "with the sound file: the same content");
}

/// Files of each format in one folder.
class Formats {
 public:
  Formats() {
    add_arrays();
    add_models();
    add_kept();
    add_datasets();
  }

  std::vector<Format> all;

 private:
  void add_arrays() {
    RandomStream random(Seed(3));
    std::vector<double> values(40 * 10);
    for (double& value : values) value = random.uniform();
    for (const auto& [name, what] : {std::pair{"a.npy", "activations `.npy`"}, {"a.csv", "activations `.csv`"}}) {
      const fs::path file = folder_ / name;
      write_array(file, {{40, 10}, values});
      all.push_back({what, file, Checksum::kNo, [file] { return digest(read_array(file)); }});
    }
    const fs::path archive = folder_ / "w.npz";
    write_npz(archive,
              {{{"conv.weight", {{40, 10}, values}}, {"conv.bias", {{40}, std::vector<float>(40, 0.5F)}}}, {}});
    all.push_back({"weights `.npz`", archive, Checksum::kYes, [archive] { return digest(read_npz(archive)); }});
  }

  void add_models() {
    const fs::path model = folder_ / "m.npz", script = folder_ / "small.pt", state = folder_ / "m.npz.training";
    save_model(model, *untrained_network(), {{"network", "resnet20:channels=1,size=8,classes=4"}});
    all.push_back({"model `.npz`", model, Checksum::kYes, [model] { return digest(*load_network(model).network); }});

    save_script_network(script);
    all.push_back({"TorchScript file", script, Checksum::kYes, [script] {
                     std::string weights;
                     for (const torch::Tensor& tensor : load_model(script.string()).state()) weights += digest(tensor);
                     return weights;
                   }});

    trained_from(state, [](Training& training) {
      NoProgress silent;
      training.run([](const EpochReport&) {}, silent);
    });
    all.push_back({"state of a training", state, Checksum::kYes,
                   [this, state] { return trained_from(state, [](Training&) {}); }});
  }

  /// The weights of a training that goes on from `state` where it is there, after `work`.
  std::string trained_from(const fs::path& state, const std::function<void(Training&)>& work) const {
    const auto network = untrained_network();
    network->fit_preprocessing(data_.images);
    Training training(network, data_, parse_recipe("fast:epochs=1,batch=20"), Seed(3), state);
    training.resume("small");
    work(training);
    return digest(*network);
  }

  void add_kept() {
    const fs::path folder = folder_ / "kept";
    NoProgress silent;
    const torch::Tensor rows = torch::arange(40);
    const AttackOrder order{"fgsm:clip=unit,epsilon=0.1", 0, 40, 1, "x"};
    const auto images = [this, order, rows, folder] {
      NoProgress progress;
      return digest(
          attacked_images(small_classifier(), data_, order, rows, Goal::towards(1, 40), folder, progress).images);
    };
    images();
    const std::string remade = "made again: the same images";
    for (const auto& entry : fs::directory_iterator(folder)) {
      const bool checksum = entry.path().extension() == ".sha256";
      all.push_back({checksum ? "checksum of adversarial images" : "adversarial images `.npy`", entry.path(),
                     Checksum::kYes, images, remade});
    }
    std::sort(all.end() - 2, all.end(), [](const Format& a, const Format& b) { return a.name < b.name; });

    const auto kept = std::make_shared<KeptBatches>(folder_ / "batches", "order");
    const torch::Tensor batch = data_.pixels(0, 20), gradients = torch::ones({20}, torch::kInt64);
    kept->write(0, {batch, {}, gradients});
    const auto read = [kept, batch] {
      const auto found = kept->read(0, batch.sizes());
      return found ? digest(found->images) + digest(found->gradients) : std::string("none");
    };
    // A batch that is not taken over is attacked again, which is no other content.
    const std::string sound = read();
    all.push_back({"batch of an attack", folder_ / "batches/000000.batch", Checksum::kYes,
                   [read, sound] { return read() == "none" ? sound : read(); }, "left out, to be attacked again"});
  }

  void add_datasets() {
    const fs::path debian = "/usr/share/datasets/fashion-mnist", data = folder_ / "data";
    if (fs::exists(debian)) {
      fs::create_directories(data / "fashion-mnist");
      for (const char* name : {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"}) {
        fs::copy_file(debian / name, data / "fashion-mnist" / name);
        all.push_back({std::string("Fashion-MNIST, ") + (name[5] == 'i' ? "images" : "labels"),
                       data / "fashion-mnist" / name, Checksum::kYes,
                       [data] { return load_dataset("fashion-mnist", Part::kTest, DataFolders(data)).sha256; }});
      }
    }
  }

  TemporaryFolder folder_;
  Dataset data_ = quadrants(40, 21);
};

TEST_CASE("files cut off or with a bit flipped are refused, or read to the same content, or have no checksum") {
  if (!fs::exists("/usr/share/datasets/fashion-mnist")) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  FaultTable cut("file truncated"), flip("bit flipped");
  const Formats formats;
  for (const Format& format : formats.all) {
    const Seed seed = Seed(4).child(format.name);
    const std::string sound = read_file(format.file);
    check_damaged(format, truncated(sound, format.truncations, RandomStream(seed.child("cut"))), cut);
    check_damaged(format, flipped(sound, format.flips, RandomStream(seed.child("flip"))), flip);
  }
  cut.check();
  flip.check();
}

TEST_CASE("CIFAR-10 cut off is refused, and so is a flipped bit where its checksums lie beside it") {
  const char* data = std::getenv("DEEPMINE_DATA");
  const fs::path sound = fs::path(data == nullptr ? "" : data) / "cifar-10-batches-bin";
  if (!fs::exists(sound / "SHA256SUMS")) { WARN("SKIPPED: no CIFAR-10 with SHA256SUMS in DEEPMINE_DATA"); return; }
  FaultTable table("CIFAR-10 damaged");
  const TemporaryFolder folder;
  const fs::path copy = folder / "cifar-10-batches-bin", file = copy / "test_batch.bin";
  fs::create_directory(copy);
  fs::copy_file(sound / "test_batch.bin", file);
  const auto read = [&] { return load_dataset("cifar10", Part::kTest, DataFolders(folder.path())).sha256; };
  const std::string bytes = read_file(file);
  const Seed seed = Seed(4).child("cifar10");
  const auto cut = truncated(bytes, 4, RandomStream(seed.child("cut"))),
             flips = flipped(bytes, 4, RandomStream(seed.child("flip")));
  check_damaged({"cut off", file, Checksum::kYes, read}, cut, table);
  check_damaged({"bit flipped, without SHA256SUMS", file, Checksum::kNo, read}, flips, table);
  fs::copy_file(sound / "SHA256SUMS", copy / "SHA256SUMS");
  check_damaged({"bit flipped, beside SHA256SUMS", file, Checksum::kYes, read}, flips, table);
  table.check();
}

}  // namespace
}  // namespace deepmine
